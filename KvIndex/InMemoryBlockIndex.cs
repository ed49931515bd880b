using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Blocks;
using OrleansKvRouter.KvIndex.Holders;
using OrleansKvRouter.KvIndex.Snapshots.Cutting;
using OrleansKvRouter.KvIndex.Snapshots.Records;
using OrleansKvRouter.KvIndex.Walks;
using OrleansKvRouter.KvIndex.Writing;

namespace OrleansKvRouter.KvIndex;

/// <summary>
/// The index of one pool in this process's memory.
/// <para>
/// Who writes: one thread at a time, behind a lock that walks never take. Who reads: any number of walks. What
/// publishes: a key's slot in the directory, after its entry; an entry's set number, after the set; a holder's tag.
/// </para>
/// <para>
/// Why so: walking by hash alone costs one cache miss a block. Blocks are stored in runs and asked for in runs, so
/// entries lie in the order of storing (<see cref="BlockLog"/>) and the next key is usually the next entry's; eight are compared at
/// once, and the directory is asked for many at a time where a run ends. A block costs its key (8 bytes), its
/// word (4) and its slot (8 at 43 to 85 % full), whoever holds it. What else was tried: docs/performance.md, docs/decisions/index-structure.md.
/// </para>
/// </summary>
public sealed class InMemoryBlockIndex : IBlockIndex
{
    // Entries that a write looks after beside its own: this many and a few for each key, so that upkeep keeps pace.
    private const int UpkeepPerWrite = 64;
    private const int UpkeepPerKey = 4;
    private const int UpkeepInBackground = 8 * 1024;

    private readonly Lock _writing = new();
    private readonly Epoch _epoch = new();
    private readonly BlockLog _log;
    private readonly HolderSets _sets;
    private readonly HolderRegistry _holders;
    private readonly CopyCounts _copies = new();
    private readonly IndexWriter _writer;
    private readonly Upkeep _upkeep;
    private readonly PrefixWalk _walk;
    private bool _isSweeping;

    public InMemoryBlockIndex()
        : this(new IndexOptions())
    {
    }

    public InMemoryBlockIndex(IndexOptions options)
    {
        _log = new BlockLog(new KeyDirectory(_epoch, options.HugePages), options.ChunkBits, options.HugePages);
        _sets = new HolderSets(_epoch, options.HugePages);
        _holders = new HolderRegistry(_epoch);
        _writer = new IndexWriter(_log, _sets, _holders, _copies);
        _upkeep = new Upkeep(_epoch, _log, _sets, _holders, _copies, _writer, options.MaxBytes);
        _walk = new PrefixWalk(_epoch, _log, _sets, _holders);
    }

    public IndexStatistics Statistics
    {
        get
        {
            lock (_writing)
            {
                if (_log.IsGone) return default;
                var blocks = _holders.Retired == 0 ? _log.Live : _sets.CountEntriesBeside(_holders.RetiredTags);
                return new IndexStatistics(blocks, _writer.Memberships, _upkeep.Bytes) { Dropped = _writer.Dropped };
            }
        }
    }

    /// <summary>True when nothing of removed or cleared holders is left.</summary>
    public bool IsSwept
    {
        get
        {
            lock (_writing) return _log.IsGone || !_upkeep.HasSweep;
        }
    }

    public HolderId AddHolder(HolderName name = default)
    {
        lock (_writing) return _holders.Add().Id;
    }

    public void RemoveHolder(HolderId holder)
    {
        lock (_writing)
        {
            _writer.RemoveHolder(_holders[holder]);
            SweepInBackground();
        }
    }

    public void Clear(HolderId holder)
    {
        lock (_writing)
        {
            var cleared = _holders[holder];
            if (cleared.Blocks == 0) return;
            _writer.Clear(cleared);
            SweepInBackground();
        }
    }

    public void StartOver(ReadOnlySpan<HolderId> holders)
    {
        foreach (var holder in holders) Clear(holder);
    }

    /// <summary>What is written is here, and is lost with what it came from alone: there is nothing to be asked for again.</summary>
    public void Advance(HolderId holder, StreamPosition position)
    {
    }

    public void Store(HolderId holder, BlockKey? parent, ReadOnlySpan<BlockKey> keys)
    {
        lock (_writing)
        {
            if (_log.IsGone) return;
            _writer.Store(_holders[holder], keys);
            _upkeep.Step(UpkeepPerWrite + (UpkeepPerKey * keys.Length));
        }

        GC.KeepAlive(this);
    }

    void IBlockIndex.Remove(HolderId holder, ReadOnlySpan<BlockKey> keys) => Remove(holder, keys);

    /// <summary><see cref="IBlockIndex.Remove"/>, which here can tell how many of the blocks the holder had.</summary>
    public int Remove(HolderId holder, ReadOnlySpan<BlockKey> keys)
    {
        lock (_writing)
        {
            if (_log.IsGone) return 0;
            var had = _writer.Remove(_holders[holder], keys);
            _upkeep.Step(UpkeepPerWrite + (UpkeepPerKey * keys.Length));
            GC.KeepAlive(this);
            return had;
        }
    }

    public ValueTask WalkAsync(ReadOnlyMemory<BlockKey> keys, PrefixMatches matches, CancellationToken cancellation = default)
    {
        if (cancellation.IsCancellationRequested) return ValueTask.FromCanceled(cancellation);
        Walk(keys.Span, matches);
        return ValueTask.CompletedTask;
    }

    /// <summary><see cref="WalkAsync"/> for who knows that the index is in this process.</summary>
    public void Walk(ReadOnlySpan<BlockKey> keys, PrefixMatches matches)
    {
        _walk.Run(keys, matches);
        GC.KeepAlive(this);
    }

    public ValueTask SettleAsync(CancellationToken cancellation = default) => ValueTask.CompletedTask;

    public long BlocksHeld(HolderId holder)
    {
        lock (_writing) return _holders[holder].Blocks;
    }

    public long BlocksDropped(HolderId holder)
    {
        lock (_writing) return _holders[holder].Dropped;
    }

    /// <summary>
    /// Gives the index's memory back at once, when its pool is gone. Walks that are under way or come later find nothing, and what is still
    /// written goes nowhere; nobody waits but for the writer's lock. The addresses, which cost nothing, go with the last reference.
    /// </summary>
    public void Close()
    {
        lock (_writing)
        {
            if (_log.IsGone) return;
            _log.Close();
            _sets.Close();
            _epoch.Advance();
        }
    }

    /// <summary>Takes a cut for a snapshot. One at a time: the one before has been disposed of.</summary>
    /// <param name="known">By chunk number, versions that need not be taken again.</param>
    internal IndexCut Cut(ReadOnlySpan<int> known)
    {
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_log.IsGone, this);
            return new IndexCut(_writing, _log, _sets, _holders, _copies, known);
        }
    }

    /// <summary>Stores what a snapshot says.</summary>
    /// <param name="record">Blocks, their holders by number.</param>
    /// <param name="holders">By those numbers, who they are here; null for one who is not.</param>
    internal void Load(BlockRecord record, ReadOnlySpan<HolderId?> holders)
    {
        lock (_writing)
        {
            if (_log.IsGone) return;
            var first = 0;
            Span<int> tags = new int[holders.Length];
            var members = new Holder[holders.Length];
            foreach (var run in record.Runs)
            {
                var count = 0;
                foreach (var number in record.Sets[run.Set])
                {
                    if (holders[number] is not { } id) continue;
                    members[count] = _holders[id];
                    tags[count] = members[count++].Tag;
                }

                if (count > 0) _writer.StoreShared(_sets.Of(tags[..count]), members.AsSpan(0, count), record.Keys.AsSpan(first, run.Length));
                first += run.Length;
            }

            foreach (var more in record.More)
            {
                if (holders[more.Holder] is not { } id) continue;
                for (var i = 0; i < more.More; i++) _writer.Store(_holders[id], record.Keys.AsSpan(more.Block, 1));
            }

            _upkeep.Step(UpkeepPerWrite + (UpkeepPerKey * record.Keys.Length));
        }

        GC.KeepAlive(this);
    }

    /// <summary>Sees to it that the sweep ends even when nobody writes.</summary>
    private void SweepInBackground()
    {
        if (_isSweeping || _log.IsGone || !_upkeep.HasSweep) return;
        _isSweeping = true;
        QueueSlice();
    }

    // One slice after another, each behind whatever else waits in the pool, so that writers get between them.
    private void QueueSlice() => ThreadPool.UnsafeQueueUserWorkItem(static index => index.SweepSlice(), this, preferLocal: false);

    private void SweepSlice()
    {
        lock (_writing)
        {
            if (_log.IsGone) return;
            _upkeep.Step(UpkeepInBackground);
            _isSweeping = _upkeep.HasWork;
            if (_isSweeping) QueueSlice();
        }
    }
}
