using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Snapshots;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.KvIndex.Snapshots.Files;
using OrleansKvRouter.Tests.KvEvents.Doubles;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Snapshots;

/// <summary>What of a router's process matters here: an index, one target, a subscriber, and a folder of snapshots that it may find.</summary>
internal sealed class Router : IFeedDirectory, IDisposable
{
    private readonly KvEventInstruments _instruments = new();
    private readonly Pods _pods;
    private readonly EventSubscriber _subscriber;
    private readonly PoolSnapshots _snapshots;
    private readonly PrefixMatches _matches = new();

    /// <param name="folder">Of the snapshots.</param>
    /// <param name="sockets">Of the engine.</param>
    /// <param name="uid">Of the engine's pod.</param>
    /// <param name="policy">What the policy says of keys.</param>
    /// <param name="port">Where engines connect to; null for any.</param>
    public Router(string folder, EngineSockets sockets, string uid = "uid-1", PolicyKeys? policy = null, int? port = null)
    {
        _pods = new Pods(Index);
        Target = new FeedTarget("pool", "default/pod-a", Index, Index.AddHolder(), _pods.Scheme, 16)
        {
            Sockets = sockets,
            Identity = new EngineIdentity("default/pod-a", uid, "127.0.0.1:8000"),
        };
        _snapshots = new PoolSnapshots("default/pool", Index, _pods.Scheme, policy ?? new PolicyKeys(16, "sha256_cbor", "42"), new FileSnapshotStore(folder), Time, Logged);
        Loaded = _snapshots.Load(engine => (engine.Endpoint, engine.Uid, engine.Address) == ("default/pod-a", uid, "127.0.0.1:8000") ? Target : null);
        TrustAfterLoad = Target.Status.Trust;
        BlocksAfterLoad = Index.BlocksHeld(Target.Holder);
        var started = EventSubscriber.Start(new EventSubscriberOptions { Address = port is null ? "tcp://127.0.0.1:*" : $"tcp://127.0.0.1:{port}" }, this, _instruments, Logged, Time);
        _subscriber = started.Try(out var subscriber, out var fault) ? subscriber : throw new InvalidOperationException(fault.ToString());
    }

    public InMemoryBlockIndex Index { get; } = new();

    public FeedTarget Target { get; }

    public Logged Logged { get; } = new();

    public ManualTime Time { get; } = new();

    public Expected<SnapshotLoad> Loaded { get; }

    public EngineTrust TrustAfterLoad { get; }

    public long BlocksAfterLoad { get; }

    public FeedTarget? Find(string ip, int? port, int rank, string model) => ip == "127.0.0.11" ? Target : null;

    /// <summary>Starts to listen to an engine that it connects to.</summary>
    public void Follow() => _subscriber.Follow([Target]);

    public SnapshotWritten Snapshot() => _snapshots.Write([Target], isOver: () => false).Try(out var written, out var fault) ? written : throw new InvalidOperationException(fault.ToString());

    /// <summary>Waits until the index says of the engine what the engine says of itself: its blocks, no others.</summary>
    public async Task EqualAsync(Engine engine)
    {
        var blocks = await engine.BlocksAsync();
        await Eventually.TrueAsync(
            () => Index.BlocksHeld(Target.Holder) == blocks.Length && blocks.All(block => Has(block.Key)), $"the index has the {blocks.Length} blocks of the engine");
    }

    public bool Has(ulong key)
    {
        Index.Walk([new BlockKey(key)], _matches);
        return _matches.BlocksOf(Target.Holder) == 1;
    }

    public ulong[] KeysOf(uint[] tokens) => _pods.KeysOf(tokens);

    public void Dispose()
    {
        _subscriber.Dispose();
        _instruments.Dispose();
    }
}
