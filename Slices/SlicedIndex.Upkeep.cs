using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Slices.Hosting;
using OrleansKvRouter.Slices.Writing;

namespace OrleansKvRouter.Slices;

/// <summary>Sending what was written, and seeing to it that it arrived.</summary>
public sealed partial class SlicedIndex
{
    private const int ClaimAttempts = 3;

    /// <summary>A slice lacks something of an engine that the journal has not any more: the engine is to be learnt anew.</summary>
    public event Action<string>? EngineLost;

    /// <summary>Another silo writes an engine that this one wrote.</summary>
    public event Action<string>? EngineTaken;

    /// <summary>
    /// Takes an engine over: from now on this silo's writes count, and no other's. Blocks under another scheme than the present one
    /// are forgotten. Every slice must answer.
    /// </summary>
    /// <param name="engine">The name under which its holders were added.</param>
    /// <returns>
    /// How far all slices are; null where they differ in more than that, or know nothing: then everything said of the engine before is
    /// void, and is to be written anew.
    /// </returns>
    public async Task<StreamPosition?> ClaimAsync(string engine)
    {
        var entry = EntryOf(engine) ?? throw new ArgumentException($"the index has no holder of {engine}", nameof(engine));
        var token = Math.Max(_time.GetUtcNow().Ticks, entry.Writer.Token + 1);
        for (var attempt = 1; ; attempt++)
        {
            var claims = await Task.WhenAll(Enumerable.Range(0, _options.Slices).Select(slice => _links.ClaimAsync(slice, engine, token, _scheme())));
            var highest = claims.Max(claim => claim.Token);
            if (highest > token && attempt < ClaimAttempts)
            {
                token = highest + 1;
                continue;
            }

            if (highest > token) throw new InvalidOperationException($"{engine} was taken over by somebody else {attempt} times");
            return Open(entry, token, [.. claims.Select(claim => claim.Position)]);
        }
    }

    /// <summary>Returns when all slices have all that was written here.</summary>
    public ValueTask SettleAsync(CancellationToken cancellation = default) => SettleAsync(Entries, cancellation);

    /// <summary>
    /// Another silo is to write the engine. Returns when all slices have all that was written here, or when that takes too long; in either case
    /// nothing of it is sent again.
    /// </summary>
    /// <param name="engine">Its name.</param>
    /// <param name="patience">How long that may take.</param>
    public async Task ReleaseAsync(string engine, CancellationToken patience)
    {
        if (EntryOf(engine) is not { } entry) return;
        try
        {
            await SettleAsync(() => [entry], patience);
        }
        finally
        {
            entry.Writer.Close();
        }
    }

    private async ValueTask SettleAsync(Func<EngineEntry[]> engines, CancellationToken cancellation)
    {
        foreach (var engine in engines()) engine.Writer.SealRest();
        foreach (var outbox in _outboxes) outbox.Flush();
        for (var pause = 1; ; pause = Math.Min(pause * 2, 100))
        {
            var settled = await Task.WhenAll(Enumerable.Range(0, _options.Slices).Select(slice => CheckAsync(slice, engines())));
            if (Array.TrueForAll(settled, isSettled => isSettled is true)) return;
            await Task.Delay(pause, cancellation);
        }
    }

    private static StreamPosition? Open(EngineEntry entry, long token, EnginePosition[] positions)
    {
        var least = positions.Min();
        var isOneEpoch = Array.TrueForAll(positions, position => position.Epoch == least.Epoch);
        if (isOneEpoch && (least.Sequence >= 0 || positions.Max().Sequence < 0))
        {
            entry.Writer.Open(token, least);
            return least.Sequence >= 0 ? new StreamPosition(least.Sequence, least.Timestamp, least.Memo) : null;
        }

        entry.Writer.Open(token, positions.Max());
        entry.Writer.StartOver();
        return null;
    }

    private EngineEntry[] Entries()
    {
        lock (_changing) return [.. _engines.Values];
    }

    private EngineEntry? EntryOf(string engine)
    {
        lock (_changing) return _engines.GetValueOrDefault(engine);
    }

    private void Send(int slice, byte[] page)
    {
        try
        {
            if (_local[slice] is { } here) _instruments.Applied(here.Apply(page));
            else _links.Send(slice, page);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The page is in the journal: the slice will be found to lack it.
            _instruments.NotSent();
        }
    }

    private async Task FlushAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await _begun.WaitAsync(_stop.Token);
            await Task.Delay(_options.Gathering, _time, _stop.Token);
            while (_begun.Wait(0))
            {
                // Everything that was begun by now goes.
            }

            foreach (var outbox in _outboxes) outbox.Flush();
        }
    }

    /// <summary>Each slice at its own pace: one whose silo is gone, which nobody knows yet, does not hold the others up.</summary>
    private async Task KeepCheckingAsync(int slice)
    {
        while (!_stop.IsCancellationRequested)
        {
            var answered = await CheckAsync(slice, Entries()) is not null;
            await Task.Delay(answered || _options.CheckRetry > _options.CheckInterval ? _options.CheckInterval : _options.CheckRetry, _time, _stop.Token);
        }
    }

    /// <summary>Asks a slice how far it is, and sends what it lacks. True where it lacks nothing, null where it did not answer.</summary>
    private async Task<bool?> CheckAsync(int slice, EngineEntry[] entries)
    {
        var checks = Array.ConvertAll(entries, entry => entry.Writer.CheckOf(slice));
        try
        {
            var question = CheckWire.Ask(checks);
            var answer = _local[slice] is { } here ? CheckWire.Answer(here, question) : await _links.CheckAsync(slice, question).WaitAsync(_options.CheckInterval * 4, _time);
            var (statistics, standings) = CheckWire.Read(answer);
            _statistics[slice] = statistics;
            var lacksNothing = standings.Count == entries.Length;
            for (var i = 0; i < standings.Count; i++)
            {
                entries[i].Note(slice, standings[i]);
                if (entries[i].Writer.IsWriting && !Follow(slice, entries[i], checks[i], standings[i])) lacksNothing = false;
            }

            return lacksNothing;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The slice is on its way from one silo to another, or its silo is gone: it is asked again.
            return null;
        }
    }

    private bool Follow(int slice, EngineEntry entry, in EngineCheck check, EngineStanding standing)
    {
        if (standing.Token > check.Token)
        {
            if (entry.Writer.Token == check.Token) EngineTaken?.Invoke(entry.Writer.Name);
            return true;
        }

        if (standing.Position.Epoch > entry.Writer.CheckOf(slice).Stream.Epoch)
        {
            // An owner before this one began it, and the slice was lost and loaded since this one claimed it.
            entry.Writer.NoteEpoch(standing.Position.Epoch);
            EngineLost?.Invoke(entry.Writer.Name);
            return false;
        }

        if (standing.Position >= check.Sent) return true;
        var missing = _outboxes[slice].Since(check, standing.Position);
        _instruments.Resent(reached: missing is not null);
        if (missing is null) EngineLost?.Invoke(entry.Writer.Name);
        else if (missing.Length > 0) Send(slice, missing);
        return false;
    }
}
