using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Slices.Hosting;
using OrleansKvRouter.Slices.Wire;

namespace OrleansKvRouter.Slices.Writing;

/// <summary>
/// What this silo writes of one engine: cuts its changes by slice, and seals them batch by batch with the stream's position. Changes
/// come from one thread at a time; the lock is for who asks how far it is.
/// </summary>
internal sealed class EngineWriter
{
    private readonly Lock _changing = new();
    private readonly SliceOutbox[] _outboxes;
    private readonly PendingDelta[] _pending;
    private readonly long[] _sent;
    private readonly Func<ulong> _scheme;
    private long _epochSeen;

    public EngineWriter(string name, SliceOutbox[] outboxes, Func<ulong> scheme)
    {
        (Name, Id, _outboxes, _scheme) = (name, EngineId.Of(name), outboxes, scheme);
        _pending = [.. outboxes.Select(_ => new PendingDelta())];
        _sent = new long[outboxes.Length];
        Array.Fill(_sent, Delta.Beginning);
    }

    public string Name { get; }

    public EngineId Id { get; }

    /// <summary>The owner's token under which it writes; 0 until the engine was claimed.</summary>
    public long Token { get; private set; }

    /// <summary>Whether this silo sees to it that slices have what it wrote: since the first change or a claim, until another silo writes the engine.</summary>
    public bool IsWriting { get; private set; }

    /// <summary>How far the stream is.</summary>
    public EnginePosition Stream { get; private set; } = EnginePosition.None;

    /// <summary>Goes on from where the slices are; they heed the token.</summary>
    public void Open(long token, EnginePosition from)
    {
        lock (_changing)
        {
            (Token, Stream, IsWriting) = (token, from, true);
            foreach (var pending in _pending) pending.Clear();
            Array.Fill(_sent, from.Sequence);
        }
    }

    /// <summary>Another silo writes the engine: nothing is sent again, since a slice that came back empty would take it for the present one's word.</summary>
    public void Close()
    {
        lock (_changing) IsWriting = false;
    }

    /// <summary>A slice has an epoch of the engine that somebody else began: the next that begins here comes after it.</summary>
    public void NoteEpoch(long epoch)
    {
        lock (_changing) _epochSeen = Math.Max(_epochSeen, epoch);
    }

    /// <summary>Adds a change of some blocks.</summary>
    public void Change(DeltaAction action, int tier, ReadOnlySpan<BlockKey> keys)
    {
        lock (_changing)
        {
            foreach (var key in keys) _pending[SliceMap.SliceOf(key, _pending.Length)].Add(action, tier, key);
        }
    }

    /// <summary>Adds a change of all blocks.</summary>
    public void Change(DeltaAction action, int tier)
    {
        lock (_changing)
        {
            foreach (var pending in _pending) pending.Add(action, tier);
        }
    }

    /// <summary>What was added is a batch, the one with this position.</summary>
    public void Seal(StreamPosition position)
    {
        lock (_changing)
        {
            Stream = new EnginePosition(Stream.Epoch, position.Sequence, position.Timestamp, position.Memo);
            for (var slice = 0; slice < _pending.Length; slice++)
            {
                if (_pending[slice].IsEmpty) continue;
                Send(slice, _sent[slice], Stream);
                _sent[slice] = position.Sequence;
            }
        }
    }

    /// <summary>Seals what was added without a batch, as if one had brought it. True where there was something.</summary>
    public bool SealRest()
    {
        lock (_changing)
        {
            if (Array.TrueForAll(_pending, pending => pending.IsEmpty)) return false;
            Seal(new StreamPosition(Stream.Sequence + 1, Stream.Timestamp, Stream.Memo));
            return true;
        }
    }

    /// <summary>All that was said of the engine is void. The epoch that begins is this owner's alone: one before it, who does not know of it yet, would give it another number.</summary>
    public void StartOver()
    {
        lock (_changing)
        {
            Stream = new EnginePosition(Math.Max(Math.Max(Stream.Epoch, _epochSeen) + 1, Token), Delta.Beginning, 0);
            for (var slice = 0; slice < _pending.Length; slice++)
            {
                _pending[slice].Clear();
                Send(slice, Delta.Beginning - 1, Stream);
            }

            Array.Fill(_sent, Delta.Beginning);
        }
    }

    /// <summary>What to ask a slice about the engine.</summary>
    public EngineCheck CheckOf(int slice)
    {
        lock (_changing)
        {
            // A change that is not sealed yet belongs to a batch behind the stream's position.
            return new EngineCheck(Id, IsWriting ? Token : 0, Stream with { Sequence = _sent[slice] }, Stream);
        }
    }

    /// <summary>The engine is gone: slices forget it, and this silo writes nothing of it any more.</summary>
    public void Drop()
    {
        lock (_changing)
        {
            foreach (var pending in _pending) pending.Clear();
            Change(DeltaAction.Drop, 0);
            Seal(new StreamPosition(Stream.Sequence + 1, Stream.Timestamp, Stream.Memo));
            IsWriting = false;
        }
    }

    private void Send(int slice, long after, EnginePosition position)
    {
        IsWriting = true;
        var steps = _pending[slice].Words;
        Span<ulong> header =
        [
            Id.Value, (ulong)Token, (ulong)position.Epoch, (ulong)after, (ulong)position.Sequence,
            BitConverter.DoubleToUInt64Bits(position.Timestamp), position.Memo, _scheme(), (ulong)steps.Length,
        ];
        _outboxes[slice].Append(header, steps);
        _pending[slice].Clear();
    }
}
