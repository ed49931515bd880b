using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Replay;
using OrleansKvRouter.KvEvents.Zmq;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Trials.Fuzz;

/// <summary>
/// What feeds need around them: a directory, an index that outlives all feeds, time that passes when told, and replays that
/// are answered, late or never, as the fuzzer pleases. One thread.
/// </summary>
internal sealed class FuzzWorld : IFeedDirectory, IReplays, IReplaySink, IDisposable
{
    private readonly KvEventInstruments _instruments = new();
    private readonly ZmqMessagePool _messages = new(capacity: 1);
    private readonly Dictionary<string, FeedTarget> _targets = [];
    private int _number;

    public FuzzWorld()
    {
        var options = new EventSubscriberOptions
        {
            MaxKeptBatches = 16,
            MaxKeptBytes = 1 << 16,
            Replay = new ReplayOptions { MaxHeldBatches = 32, MaxHeldBytes = 1 << 16 },
        };
        Services = new FeedServices(this, options, _instruments, NullLogger.Instance, Time, _messages, this);
    }

    public ManualTime Time { get; } = new();

    public InMemoryBlockIndex Index { get; } = new();

    public FeedServices Services { get; }

    public DecodingScratch Scratch { get; } = new();

    /// <summary>Replays that were asked for since the fuzzer last looked.</summary>
    public List<ReplayRequest> Replays { get; } = [];

    /// <summary>Whether the directory knows anybody at the moment.</summary>
    public bool IsSilent { get; set; }

    /// <summary>An endpoint under a new address, with a replay socket or without one, and its feed.</summary>
    public (FeedTarget Target, EngineFeed Feed) Add(bool replays, PoolKeyScheme scheme)
    {
        var ip = Trials.Fleet.Endpoints.IpOf(_number++ % 60_000);
        var target = new FeedTarget("pool", ip, Index, Index.AddHolder(), scheme, EventTrees.BlockSize)
        {
            Sockets = replays ? new EngineSockets(ip, 0, null, 1) : null,
        };
        _targets[ip] = target;
        return (target, new EngineFeed(new TopicOrigin(new Topic(ip, null, "model")), 0, Services, this));
    }

    /// <summary>The endpoint leaves; its feed may still be told things.</summary>
    public void Remove(FeedTarget target)
    {
        _targets.Remove(target.Endpoint);
        target.Retire();
        target.RemoveHolders();
    }

    /// <summary>Whether nothing is held for anybody any more: every byte that was taken was given back.</summary>
    public bool IsAtRest => IsFree(Services.Kept, Services.Options.MaxKeptBytes) && IsFree(Services.Held, Services.Options.Replay.MaxHeldBytes);

    public FeedTarget? Find(string ip, int? port, int rank, string model) => IsSilent ? null : _targets.GetValueOrDefault(ip);

    public void Start(ReplayRequest request) => Replays.Add(request);

    // Answers are given to the feeds directly, on the fuzzer's thread.
    bool IReplaySink.Replayed(ReplayRequest request, long sequence, ZmqMessage payload) => throw new NotSupportedException();

    void IReplaySink.ReplayEnded(ReplayRequest request, Fault? fault) => throw new NotSupportedException();

    public void Dispose()
    {
        _instruments.Dispose();
        _messages.Dispose();
    }

    private static bool IsFree(ByteBudget budget, long all)
    {
        if (!budget.TryTake(all)) return false;
        budget.GiveBack(all);
        return true;
    }
}
