using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Zmq;
using OrleansKvRouter.Tests.KvEvents.Doubles;

namespace OrleansKvRouter.Tests.KvEvents.Feeds;

/// <summary>Order, holes and restarts of an engine that cannot replay.</summary>
public sealed class FeedDeliveryTests : IDisposable
{
    private readonly CountingIndex _index = new();
    private readonly Pods _pods;
    private readonly FeedTarget _target;
    private readonly KvEventInstruments _instruments = new();
    private readonly Observed _observed;
    private readonly ZmqMessagePool _messages = new(capacity: 1);
    private readonly FeedDelivery _delivery;
    private readonly DecodingScratch _scratch = new();
    private double _published = 1_757_000_000;

    public FeedDeliveryTests()
    {
        _pods = new Pods(_index, blockSize: 4);
        _target = _pods.Add("10.0.0.1");
        _observed = new Observed(_instruments);
        _delivery = new FeedDelivery(_target, 0, new FeedServices(_pods, new EventSubscriberOptions(), _instruments, new Logged(), new ManualTime(), _messages), sink: null);
    }

    public void Dispose()
    {
        _observed.Dispose();
        _instruments.Dispose();
        _messages.Dispose();
    }

    [Fact]
    public void TryAccept_Gap_PurgedAndStaleSince()
    {
        Accept(0, Stored(1));
        Accept(4, Stored(2));

        Assert.Equal(new EngineTrust(TrustState.Stale, "3 batches were lost, the last before sequence 4", DateTimeOffset.UnixEpoch), _target.Status.Trust);
        Assert.Equal([2ul], _index.KeysOf(_target.Holder));
        Assert.Equal((3, 1), (_target.Status.Lost, _target.Status.Purges));
        Assert.Equal((3, 1, 1), (_observed["lost:pool"], _observed["purges:pool"], _observed["blocks_purged:pool"]));
    }

    [Fact]
    public void TryAccept_CacheClearedAfterAGap_NoLongerStale()
    {
        Accept(0, Stored(1));
        Accept(4, Stored(2));
        Accept(5, MsgPack.Cleared);

        Assert.NotEqual(TrustState.Stale, _target.Status.Trust.State);
        Assert.Equal(0, _index.BlocksHeld(_target.Holder));
    }

    [Fact]
    public void TryAccept_EnoughInOrderAfterAGap_NoLongerStale()
    {
        Accept(0, Stored(1));
        for (var i = 0; i < FeedDelivery.ProvingBatches - 1; i++) Accept(4 + i, Stored(100 + i));
        Assert.Equal(TrustState.Stale, _target.Status.Trust.State);

        Accept(4 + FeedDelivery.ProvingBatches - 1, Stored(2));

        Assert.NotEqual(TrustState.Stale, _target.Status.Trust.State);
        Assert.Equal(FeedDelivery.ProvingBatches, _index.BlocksHeld(_target.Holder));
    }

    [Fact]
    public void TryAccept_Restart_BlocksAreForgottenBeforeTheNewOnes()
    {
        Accept(0, Stored(1));
        Accept(1, Stored(2));
        Accept(0, Stored(3));

        Assert.Equal([3ul], _index.KeysOf(_target.Holder));
        Assert.Equal(1, _observed["restarts:pool"]);
        Assert.Equal(0, _target.Status.Cursor);
    }

    [Fact]
    public void TryAccept_Duplicate_IsNotAppliedTwice()
    {
        Accept(4, Stored(1));
        _published -= 1;
        Accept(4, Stored(1));

        Assert.Equal(1, _index.CopiesOf(_target.Holder, 1));
        Assert.Equal(1, _observed["duplicates:pool"]);
        Assert.Equal(1, _target.Status.Batches);
    }

    [Fact]
    public void NoteMalformed_BetweenGoodOnes_PurgedWithoutAGap()
    {
        Accept(0, Stored(1));
        _delivery.NoteMalformed(1);
        Accept(2, Stored(2));

        Assert.Equal((0, 1), (_target.Status.Lost, _target.Status.Malformed));
        Assert.Equal("a batch could not be decoded", _target.Status.Trust.Cause);
        Assert.Equal([2ul], _index.KeysOf(_target.Holder));
    }

    private static object Stored(int hash) => MsgPack.Stored([hash], null, null, 4);

    /// <summary>Hands over a batch that was published later than all before it.</summary>
    private void Accept(long sequence, params object?[] events)
    {
        _published += 0.5;
        var payload = MsgPack.BatchAt(_published, 0, events);
        if (!_scratch.TryDecode(payload, out var error)) Assert.Fail(error.ToString());
        Assert.True(_delivery.TryAccept(sequence, payload, _scratch));
    }
}
