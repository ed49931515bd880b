using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Slices.Hosting;
using OrleansKvRouter.Slices.Walks;
using OrleansKvRouter.Slices.Wire;
using OrleansKvRouter.Slices.Writing;

namespace OrleansKvRouter.Slices;

/// <summary>
/// One pool's index, cut into slices that several silos host, as one of these silos sees it. A walk looks into the slices that are
/// here and asks every other silo once, all at the same time. What is written goes to the slices in pages, soon and in order; a
/// slice that lacks something is found out within seconds and gets it from the journal.
/// <para>
/// A walk is exact while all slices answer. What a silo that is silent holds is passed over: blocks there count as
/// held where those beside them are, which is right more often than not, and the walk counts as partial in the metrics.
/// </para>
/// </summary>
public sealed partial class SlicedIndex : IBlockIndex, IDisposable
{
    private readonly PoolSlices _local;
    private readonly ISliceLinks _links;
    private readonly Func<ulong> _scheme;
    private readonly SlicedIndexOptions _options;
    private readonly SliceInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly HostRests _rests;
    private readonly SliceOutbox[] _outboxes;
    private readonly IndexStatistics[] _statistics;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _begun = new(0);
    private readonly Lock _changing = new();
    private readonly Dictionary<string, EngineEntry> _engines = [];
    private volatile (EngineEntry? Engine, int Tier)[] _holders = [];

    /// <param name="local">The slices of the pool that this silo hosts.</param>
    /// <param name="links">The way to the others.</param>
    /// <param name="scheme">What keys are made with at present, as 64 bits; asked often.</param>
    /// <param name="options">Bounds; as many slices as <paramref name="local"/> has.</param>
    /// <param name="instruments">Where is counted.</param>
    /// <param name="time">The clock.</param>
    public SlicedIndex(PoolSlices local, ISliceLinks links, Func<ulong> scheme, SlicedIndexOptions options, SliceInstruments instruments, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(local.Count, options.Slices);
        (_local, _links, _scheme, _options, _instruments, _time) = (local, links, scheme, options, instruments, time);
        _rests = new HostRests(options.SilencesBeforeRest, options.SiloRest, time);
        _statistics = new IndexStatistics[options.Slices];
        _outboxes = [.. Enumerable.Range(0, options.Slices).Select(slice => new SliceOutbox(slice, Send, options, time) { Begun = () => _begun.Release() })];
        _ = Task.Run(FlushAsync);
        for (var slice = 0; slice < options.Slices; slice++)
        {
            var number = slice;
            _ = Task.Run(() => KeepCheckingAsync(number));
        }
    }

    /// <summary>What all slices hold, as they last said.</summary>
    public IndexStatistics Statistics =>
        _statistics.Aggregate((sum, slice) => new IndexStatistics(sum.Blocks + slice.Blocks, sum.Memberships + slice.Memberships, sum.Bytes + slice.Bytes) { Dropped = sum.Dropped + slice.Dropped });

    public bool IsShared => true;

    public HolderId AddHolder(HolderName name = default)
    {
        var tier = TierOf(name.Tier);
        var engineName = name.Engine ?? $"unnamed {Guid.NewGuid():n}";
        lock (_changing)
        {
            if (!_engines.TryGetValue(engineName, out var engine))
            {
                engine = new EngineEntry(new EngineWriter(engineName, _outboxes, _scheme), _options.Slices);
                _engines.Add(engineName, engine);
            }

            if (engine.Holders[tier] is { } known) return known;
            var holder = _local.Numbers.Acquire(new HolderTag(engine.Writer.Id, tier));
            var holders = _holders;
            if (holder.Value >= holders.Length) Array.Resize(ref holders, Math.Max(16, holder.Value * 2));
            holders[holder.Value] = (engine, tier);
            (_holders, engine.Holders[tier]) = (holders, holder);
            return holder;
        }
    }

    /// <summary>
    /// The holder is of no interest here any more. Where this silo writes the engine, all silos forget it with the first of its holders.
    /// </summary>
    public void RemoveHolder(HolderId holder)
    {
        lock (_changing)
        {
            var (engine, tier) = Owner(holder);
            if (engine.Writer.IsWriting)
            {
                engine.Writer.Drop();
                _begun.Release();
            }

            engine.Holders[tier] = null;
            _holders[holder.Value] = default;
            _local.Numbers.Release(holder);
            if (Array.TrueForAll(engine.Holders, other => other is null)) _engines.Remove(engine.Writer.Name);
        }
    }

    public void Store(HolderId holder, BlockKey? parent, ReadOnlySpan<BlockKey> keys)
    {
        var (engine, tier) = Owner(holder);
        engine.Writer.Change(DeltaAction.Store, tier, keys);
    }

    public void Remove(HolderId holder, ReadOnlySpan<BlockKey> keys)
    {
        var (engine, tier) = Owner(holder);
        engine.Writer.Change(DeltaAction.Remove, tier, keys);
    }

    public void Clear(HolderId holder)
    {
        var (engine, tier) = Owner(holder);
        engine.Writer.Change(DeltaAction.Clear, tier);
    }

    public void StartOver(ReadOnlySpan<HolderId> holders)
    {
        if (!holders.IsEmpty) Owner(holders[0]).Engine.Writer.StartOver();
    }

    public void Advance(HolderId holder, StreamPosition position) => Owner(holder).Engine.Writer.Seal(position);

    public long BlocksHeld(HolderId holder)
    {
        var (engine, tier) = Owner(holder);
        return engine.Held(tier);
    }

    public long BlocksDropped(HolderId holder)
    {
        var (engine, tier) = Owner(holder);
        return engine.Dropped(tier);
    }

    public void Dispose()
    {
        _stop.Cancel();
    }

    private static int TierOf(string? tier) => tier switch
    {
        "Cpu" => 1,
        "Disk" => 2,
        _ => 0,
    };

    private (EngineEntry Engine, int Tier) Owner(HolderId holder)
    {
        var holders = _holders;
        return (uint)holder.Value < (uint)holders.Length && holders[holder.Value] is { Engine: { } engine } found
            ? (engine, found.Tier)
            : throw new ArgumentException($"the index has no holder {holder.Value}", nameof(holder));
    }
}
