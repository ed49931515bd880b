using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Slices.Hosting;
using OrleansKvRouter.Slices.Walks;

namespace OrleansKvRouter.Slices;

/// <summary>Looking chains up.</summary>
public sealed partial class SlicedIndex
{
    public ValueTask WalkAsync(ReadOnlyMemory<BlockKey> keys, PrefixMatches matches, CancellationToken cancellation = default)
    {
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled(cancellation);
        matches.Reset();
        if (keys.IsEmpty) return ValueTask.CompletedTask;

        // 1. Whom to ask: the others are asked first, and answer while this silo looks.
        var work = _local.Rent();
        work.Split.Cut(keys.Span, _options.Slices);
        var (here, present) = (_local.Here, work.Split.Present);
        var covered = here;
        foreach (var host in _links.Others)
        {
            var wanted = host.Slices & present & ~covered;
            if (wanted == 0 || _rests.IsResting(host)) continue;
            covered |= wanted;
            work.Asked.Add((host, _links.WalkAsync(host, WalkWire.Ask(wanted, work.Split, keys.Length))));
        }

        // 2. What is here. A slice that left in the meantime is one that nobody answers for.
        var absent = (present & ~covered) | _local.Walk(work, here & present, keys.Length);
        if (work.Asked.Count > 0) return new ValueTask(JoinAsync(work, absent, matches));
        Finish(work, absent, matches);
        return ValueTask.CompletedTask;
    }

    /// <summary>3. What the others say, as far as they say it in time.</summary>
    private async Task JoinAsync(PoolSlices.Workspace work, ulong absent, PrefixMatches matches)
    {
        var started = _time.GetTimestamp();
        foreach (var (host, answering) in work.Asked)
        {
            if (await AnswerAsync(host, answering, started) is { } answer && WalkWire.TryRead(answer, _local.Numbers, work.Part, out var missing))
            {
                absent |= missing;
                work.Found.Join(work.Part);
            }
            else
            {
                absent |= host.Slices;
            }
        }

        work.Asked.Clear();
        Finish(work, absent, matches);
    }

    private async ValueTask<byte[]?> AnswerAsync(SliceHost host, Task<byte[]> answering, long started)
    {
        try
        {
            var left = _options.WalkPatience - _time.GetElapsedTime(started);
            var answer = answering.IsCompleted ? await answering : await answering.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _time);
            _instruments.Called("answered");
            _rests.NoteAnswered(host);
            return answer;
        }
        catch (TimeoutException)
        {
            _instruments.Called("silent");
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever ails the other silo, this one goes on with what it knows; the failure is in the metrics.
            _instruments.Called("failed");
        }

        _rests.NoteSilent(host);
        return null;
    }

    private void Finish(PoolSlices.Workspace work, ulong absent, PrefixMatches matches)
    {
        work.Found.Report(matches);
        _instruments.Walked(isWhole: absent == 0);
        _local.Return(work);
    }
}
