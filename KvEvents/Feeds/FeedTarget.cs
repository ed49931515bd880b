using System.Globalization;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Snapshots;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// Where one engine's events go: the pool's index, the holders that stand for the engine's tiers in it, and the key scheme
/// that its hashes are checked against. The node creates one per endpoint and retires it when the endpoint leaves;
/// <see cref="Status"/> is written under <see cref="Writing"/>, by the feed but for <see cref="Distrust"/>.
/// </summary>
public sealed class FeedTarget(string pool, string endpoint, IBlockIndex index, HolderId holder, PoolKeyScheme scheme, int blockSize)
{
    private const int NoHolder = -1;

    // By tier; the GPU's is given, the others are made when a first block comes to lie there, which most engines never say.
    private readonly int[] _holders = [holder.Value, NoHolder, NoHolder];
    private int _keysPerBlock = 1;
    private volatile bool _retired;
    private volatile bool _elsewhere = index.IsShared;
    private volatile IFeedSharing? _sharing;
    private volatile EngineTrust? _contradiction;
    private int _contradictions;

    public string Pool { get; } = pool;

    /// <summary>The pod's <c>namespace/name</c>, for logs.</summary>
    public string Endpoint { get; } = endpoint;

    public IBlockIndex Index { get; } = index;

    /// <summary>The GPU's holder.</summary>
    public HolderId Holder { get; } = holder;

    public PoolKeyScheme Scheme { get; } = scheme;

    /// <summary>Tokens a block in the pool.</summary>
    public int BlockSize { get; } = blockSize;

    /// <summary>Where the engine publishes and replays; null where nothing but what it sends is known.</summary>
    public EngineSockets? Sockets { get; init; }

    /// <summary>
    /// Pool blocks in a block of the engine's GPU, 1 unless its block size is a multiple of the pool's. The engine reuses
    /// whole blocks of its own, so only so many pool blocks at a time are worth anything there.
    /// </summary>
    public int KeysPerBlock { get => Volatile.Read(ref _keysPerBlock); internal set => Volatile.Write(ref _keysPerBlock, value); }

    public FeedStatus Status { get; } = new();

    /// <summary>How far the engine is believed: what its stream shows, unless its answers contradict that.</summary>
    public EngineTrust Standing => _contradiction ?? Status.Trust;

    /// <summary>True once the endpoint is gone: its holder is no longer the feed's to write to.</summary>
    public bool Retired => _retired;

    /// <summary>
    /// True while another process applies the engine's events, or none does yet: what is heard of it here is forwarded, and its
    /// status is what that process says.
    /// </summary>
    public bool IsElsewhere => _elsewhere;

    /// <summary>What tells the endpoint from another in its place; null where nobody asks.</summary>
    public EngineIdentity? Identity { get; init; }

    /// <summary>The engine in the names of its holders (<see cref="HolderName.Engine"/>); null where nobody else needs to know them.</summary>
    public string? EngineName { get; init; }

    /// <summary>What is known of the endpoint's stream beside its blocks, for snapshots.</summary>
    internal Resumption Resumption { get; } = new();

    /// <summary>The rank under which the engine was heard, now or before a snapshot; null where it was not.</summary>
    internal int? RankOnceHeard
    {
        get
        {
            lock (Writing) return Resumption.Rank;
        }
    }

    /// <summary>Held by the feed while it applies a batch.</summary>
    internal Lock Writing { get; } = new();

    /// <summary>How often everything was forgotten: what the feed remembers of the blocks from before is void. Under <see cref="Writing"/>.</summary>
    internal int Forgotten { get; private set; }

    /// <summary>
    /// The engine's answers show that it does not hold what its events said. What is known of it is forgotten, and until
    /// <see cref="Trust"/> it is stale. Where it can replay, the feed learns it again from there: events that the router missed
    /// are in it. Where that was contradicted too, the events themselves are wrong, and only new ones count. Any thread may
    /// call it.
    /// </summary>
    /// <param name="cause">What shows it.</param>
    /// <param name="now">The time that it is stale since, unless it is already.</param>
    /// <returns>False when the endpoint is gone: nothing was done.</returns>
    public bool Distrust(string cause, DateTimeOffset now)
    {
        lock (Writing)
        {
            if (_retired) return false;
            if (_elsewhere)
            {
                _sharing?.Distrust(this, cause);
                return true;
            }

            Forget();
            Rebuilds = _contradiction is null && Sockets is { ReplayPort: not null };
            var mend = Rebuilds ? "learnt again from what it replays" : "forgotten";
            _contradiction = new EngineTrust(TrustState.Stale, $"{cause}; what was known of it is {mend}", _contradiction?.Since ?? now);
            Volatile.Write(ref _contradictions, _contradictions + 1);
            return true;
        }
    }

    /// <summary>
    /// The index lost a part of what it had of the engine: the rest is forgotten, and all is learnt again from what the engine
    /// replays, or, where it cannot, from what it says from now on. Any thread may call it.
    /// </summary>
    public void LearnAnew()
    {
        lock (Writing)
        {
            if (_retired || _elsewhere) return;
            Forget();
            Rebuilds = Sockets is { ReplayPort: not null };
            Volatile.Write(ref _contradictions, _contradictions + 1);
        }
    }

    /// <summary>What this process, which applies the engine's events, has to tell others of it; null where another applies them. Any thread.</summary>
    public FeedReport? Report()
    {
        lock (Writing) return _elsewhere || _retired ? null : FeedReport.Of(this);
    }

    /// <summary>Shows what the process that applies the engine's events tells; without effect where this one does. Any thread.</summary>
    public void Show(FeedReport report)
    {
        lock (Writing)
        {
            if (_elsewhere && !_retired) report.ShowOn(this);
        }
    }

    /// <summary>How often <see cref="Distrust"/> or <see cref="LearnAnew"/> was called.</summary>
    internal int Contradictions => Volatile.Read(ref _contradictions);

    /// <summary>Whether what the last <see cref="Distrust"/> made the index forget is to be learnt again.</summary>
    internal bool Rebuilds { get; private set; }

    /// <summary>Whether the engine's answers contradict its events at present.</summary>
    internal bool IsContradicted => _contradiction is not null;

    /// <summary>The engine's answers agree with its events again.</summary>
    public void Trust()
    {
        lock (Writing)
        {
            _contradiction = null;
            if (_elsewhere) _sharing?.Trust(this);
        }
    }

    /// <summary>From now on another process applies the engine's events; on return this one writes nothing of it any more.</summary>
    public void Leave(IFeedSharing sharing)
    {
        lock (Writing)
        {
            (_sharing, _elsewhere, _contradiction) = (sharing, true, null);
            Resumption.Leave();
        }
    }

    /// <summary>
    /// From now on this process applies the engine's events. The index has what another process wrote up to a position, or nothing.
    /// </summary>
    /// <param name="position">How far that was; null where the index has nothing of the engine.</param>
    /// <param name="now">The time.</param>
    /// <returns>False where this process cannot go on from there: what the index had is cleared, and the engine is learnt anew.</returns>
    public bool TakeOver(StreamPosition? position, DateTimeOffset now)
    {
        lock (Writing)
        {
            Resumption.Leave();
            _elsewhere = false;
            if (position is not { } known) return true;
            var memo = EngineMemo.Unpack(known.Memo);
            if (!memo.CanGoOn)
            {
                Forget();
                return false;
            }

            Resumption.Wait(new EngineState
            {
                Rank = memo.Rank,
                Sequence = known.Sequence,
                Timestamp = known.Timestamp,
                Verdict = memo.Trust == TrustState.Exact ? EngineTrust.Exact : EngineTrust.Unverified("nothing of it has been compared since another replica followed it"),
                Group = memo.Group,
                Function = Scheme.Function,
                Hashes = HashMemory.None,
                IsHandedOver = true,
            });
            KeysPerBlock = memo.KeysPerBlock;
            Status.Cursor = known.Sequence;
            Status.Trust = new EngineTrust(TrustState.Recovering, string.Create(CultureInfo.InvariantCulture, $"another replica followed it until sequence {known.Sequence}; what came since is being fetched"), now);
            return true;
        }
    }

    /// <summary>Takes back all that the index says of the engine, under <see cref="Writing"/>. Returns how many blocks that were.</summary>
    internal long Forget()
    {
        Span<HolderId> holders = stackalloc HolderId[Tiers.Count];
        var (count, blocks) = (0, 0L);
        for (var tier = Tier.Gpu; (int)tier < Tiers.Count; tier++)
        {
            if (HolderOf(tier) is not { } held) continue;
            blocks += Index.BlocksHeld(held);
            holders[count++] = held;
        }

        Status.Removed += blocks;
        Index.StartOver(holders[..count]);
        Forgotten++;
        // Who comes to follow the engine begins at its beginning then, and not where another left off.
        if (Resumption.Void() is { } state) Status.Trust = state.Verdict;
        return blocks;
    }

    /// <summary>As <see cref="Forget()"/>, of one tier alone, because the engine said so; its feed knows.</summary>
    internal void Forget(Tier tier)
    {
        if (HolderOf(tier) is not { } held) return;
        Status.Removed += Index.BlocksHeld(held);
        Index.Clear(held);
    }

    /// <summary>Distinct blocks that the engine's GPU is known to hold; 0 once the target is retired. Any thread may ask.</summary>
    public long BlocksHeld
    {
        get
        {
            // Before it is retired nobody takes its holder out of the index.
            lock (Writing) return _retired ? 0 : Index.BlocksHeld(Holder);
        }
    }

    /// <summary>The engine's blocks, in all tiers, that were dropped to keep the index within its bound; 0 once the target is retired.</summary>
    public long BlocksDropped
    {
        get
        {
            lock (Writing)
            {
                var dropped = 0L;
                for (var tier = Tier.Gpu; (int)tier < Tiers.Count && !_retired; tier++) dropped += HolderOf(tier) is { } held ? Index.BlocksDropped(held) : 0;
                return dropped;
            }
        }
    }

    /// <summary>The holder of a tier; null while the engine has announced nothing there. Any thread may ask.</summary>
    public HolderId? HolderOf(Tier tier) => Volatile.Read(ref _holders[(int)tier]) is var number and not NoHolder ? new HolderId(number) : null;

    /// <summary>Whether blocks were announced in other tiers, which outlive a clear of the GPU's.</summary>
    internal bool HoldsBesidesGpu => HolderOf(Tier.Cpu) is not null || HolderOf(Tier.Disk) is not null;

    /// <summary>As <see cref="HolderOf"/>, and makes the holder where there is none. For the feed, while it applies a batch.</summary>
    internal HolderId HolderFor(Tier tier)
    {
        if (HolderOf(tier) is { } known) return known;
        var made = Index.AddHolder(new HolderName(EngineName, tier.ToString()));
        Volatile.Write(ref _holders[(int)tier], made.Value);
        return made;
    }

    /// <summary>Takes all tiers' holders out of the index, once the target is retired.</summary>
    public void RemoveHolders()
    {
        for (var tier = Tier.Gpu; (int)tier < Tiers.Count; tier++)
        {
            if (HolderOf(tier) is { } held) Index.RemoveHolder(held);
        }
    }

    /// <summary>On return the feed does not write to the holder any more: it may be taken out of the index.</summary>
    public void Retire()
    {
        lock (Writing) _retired = true;
    }
}
