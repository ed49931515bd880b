using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Snapshots;
using OrleansKvRouter.KvEvents.Zmq;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.KvEvents.Trials.Fuzz;

namespace OrleansKvRouter.Tests.KvEvents.Doubles;

/// <summary>One engine's events, applied in order to a counting index.</summary>
internal sealed class AppliedEvents : IDisposable
{
    private readonly KvEventInstruments _instruments = new();
    private readonly ZmqMessagePool _messages = new(capacity: 1);
    private readonly DecodingScratch _scratch = new();
    private readonly FeedServices _services;
    private FeedApplier _applier;
    private long _sequence;

    public AppliedEvents(int blockSize, PoolKeyScheme? scheme = null)
    {
        var pods = new Pods(Index, blockSize);
        Target = scheme is null ? pods.Add("10.0.0.1") : new FeedTarget("pool", "default/pod", Index, Index.AddHolder(), scheme, blockSize);
        Observed = new Observed(_instruments);
        _services = new FeedServices(pods, new EventSubscriberOptions(), _instruments, Logged, TimeProvider.System, _messages);
        _applier = new FeedApplier(Target, 0, _services);
    }

    public CountingIndex Index { get; } = new();

    public FeedTarget Target { get; }

    public Observed Observed { get; }

    public Logged Logged { get; } = new();

    public void Apply(params object?[] events)
    {
        var payload = MsgPack.Batch(events);
        Assert.True(_scratch.TryDecode(payload, out var error), error.ToString());
        Assert.True(_applier.TryApply(_sequence++, _scratch.Batch, payload));
    }

    /// <summary>Another feed goes on from what this one knows, as after a restart; the index stays.</summary>
    public void GoOnInAnother()
    {
        EngineState cut;
        lock (Target.Writing)
        {
            cut = _applier.Cut()!;
            cut.Hashes.Take();
        }

        _applier = new FeedApplier(Target, 0, _services);
        _applier.Resume(cut);
    }

    /// <summary>What is held in a tier, in order.</summary>
    public ulong[] KeysIn(Tier tier) => Target.HolderOf(tier) is { } holder ? [.. Index.KeysOf(holder)] : [];

    public void Dispose()
    {
        Observed.Dispose();
        _instruments.Dispose();
        _messages.Dispose();
    }
}
