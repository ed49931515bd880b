using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Zmq;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Bench.Decode;

/// <summary>A pool with one engine, and the feed that its messages go through between ZeroMQ and the index.</summary>
internal sealed class OneEngine : IFeedDirectory, IDisposable
{
    private readonly KvEventInstruments _instruments = new();
    private readonly ZmqMessagePool _messages = new(capacity: 1);
    private readonly DecodingScratch _scratch = new();
    private readonly FeedDelivery _feed;
    private long _sequence;

    public OneEngine(IBlockIndex index, string scheme, int blockSize)
    {
        Target = new FeedTarget("pool", "default/engine", index, index.AddHolder(), PoolKeyScheme.Create(scheme, scheme == OwnKeys.SchemeName ? null : "42").Value!, blockSize);
        var services = new FeedServices(this, new EventSubscriberOptions(), _instruments, NullLogger.Instance, TimeProvider.System, _messages);
        _feed = new FeedDelivery(Target, 0, services, sink: null);
    }

    public FeedTarget Target { get; }

    public FeedTarget? Find(string ip, int? port, int rank, string model) => Target;

    public void Decode(byte[] payload)
    {
        if (!_scratch.TryDecode(payload, out var error)) throw new InvalidOperationException($"a message could not be decoded: {error}");
    }

    public void Accept(byte[] payload)
    {
        Decode(payload);
        if (!_feed.TryAccept(_sequence++, payload, _scratch)) throw new InvalidOperationException("a message was not accepted");
    }

    public void Dispose()
    {
        _instruments.Dispose();
        _messages.Dispose();
    }
}
