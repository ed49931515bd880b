using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.Tests.KvEvents.Doubles;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Receiving;

/// <summary>The subscriber with messages that no engine sends, or not this fast.</summary>
public sealed class EventSubscriberMessageTests
{
    [Fact]
    public async Task Messages_ThatAreNoKvEvents_CountedByTheirFault()
    {
        using var subscription = new Subscription();
        var target = subscription.Pods.Add("127.0.0.11");
        using var publisher = new Publisher(subscription.Subscriber.Port);
        var topic = "kv@127.0.0.11@m"u8.ToArray();
        var good = MsgPack.Batch(MsgPack.Stored([1], null, null, 16));
        await Eventually.TrueAsync(
            () =>
            {
                publisher.Send(topic);
                return subscription.Observed["malformed:frames"] > 0;
            },
            "the first message arrives");
        var alone = subscription.Observed["malformed:frames"];

        publisher.Send(topic, Publisher.Sequence(0));
        publisher.Send(topic, Publisher.Sequence(0), good, good, good);
        publisher.Send(topic, [1, 2, 3], good);
        publisher.Send(topic, Publisher.Sequence(-1), []);
        publisher.Send("kv@nobody"u8.ToArray(), Publisher.Sequence(0), good);
        publisher.Send(topic, Publisher.Sequence(0), good);
        await Subscription.ReachedAsync(target, 0);

        Assert.True(subscription.Observed["malformed:frames"] >= alone + 2);
        Assert.Equal(2, subscription.Observed["malformed:sequence"]);
        Assert.Equal(1, subscription.Observed["malformed:topic"]);
        Assert.Equal([1ul], subscription.Index.KeysOf(target.Holder));
        Assert.Single(subscription.LinesWith("three frames"));
        Assert.Single(subscription.LinesWith("the topic is not kv@<pod ip>[:port]@<model>"));
    }

    [Fact]
    public async Task Batches_AHundredThousandSmallOnes_AllApplied()
    {
        const int Batches = 100_000;
        using var subscription = new Subscription(options: Subscription.Patient with { MaxQueuedBatches = Batches });
        var target = subscription.Pods.Add("127.0.0.11");
        using var publisher = new Publisher(subscription.Subscriber.Port, highWatermark: 0);
        await publisher.ConnectedAsync(subscription);
        var topic = "kv@127.0.0.11@m"u8.ToArray();
        var payload = MsgPack.Batch(MsgPack.Stored([1], null, null, 16));

        for (var i = 0; i < Batches; i++) publisher.Send(topic, Publisher.Sequence(i), payload);
        await Subscription.ReachedAsync(target, Batches - 1);

        Assert.Equal(0, target.Status.Lost);
        Assert.Equal(Batches, subscription.Index.CopiesOf(target.Holder, 1));
        Assert.Equal(0, subscription.Observed["queue_depth"]);
    }

    [Fact]
    public async Task Queue_Overflows_DroppedWithoutHoldingUpOthers()
    {
        using var subscription = new Subscription(options: Subscription.Patient with { MaxQueuedBatches = 10 });
        var slow = subscription.Pods.Add("127.0.0.11");
        var quick = subscription.Pods.Add("127.0.0.12");
        using var publisher = new Publisher(subscription.Subscriber.Port, highWatermark: 0);
        await publisher.ConnectedAsync(subscription);
        var before = subscription.Observed["dropped:batches"];
        using var gate = new ManualResetEventSlim();
        var stored = 0;
        subscription.Index.OnStore = () =>
        {
            if (Interlocked.Increment(ref stored) == 1) gate.Wait();
        };
        var payload = MsgPack.Batch(MsgPack.Stored([1], null, null, 16));
        for (var i = 0; i < 100; i++) publisher.Send("kv@127.0.0.11@m"u8.ToArray(), Publisher.Sequence(i), payload);
        await subscription.CountedAsync("dropped:batches", before + 80);

        publisher.Send("kv@127.0.0.12@m"u8.ToArray(), Publisher.Sequence(0), payload);
        await Eventually.TrueAsync(() => subscription.Index.CopiesOf(quick.Holder, 1) == 1, "the other engine's batch is applied");
        Assert.Equal(0, subscription.Index.BlocksHeld(slow.Holder));
        gate.Set();
        await Eventually.TrueAsync(() => subscription.Observed["queue_depth"] == 0 && slow.Status.Batches > 5, "the queue is applied");
        var dropped = subscription.Observed["dropped:batches"] - before;
        publisher.Send("kv@127.0.0.11@m"u8.ToArray(), Publisher.Sequence(100), payload);
        await Subscription.ReachedAsync(slow, 100);

        Assert.Equal(dropped, slow.Status.Lost);
    }

    [Fact]
    public async Task Index_Throws_CountedLoggedAndTheStreamGoesOn()
    {
        using var subscription = new Subscription();
        var target = subscription.Pods.Add("127.0.0.11");
        using var publisher = new Publisher(subscription.Subscriber.Port);
        await publisher.ConnectedAsync(subscription);
        var topic = "kv@127.0.0.11@m"u8.ToArray();
        subscription.Index.OnStore = () => throw new InvalidOperationException("a bug");

        publisher.Send(topic, Publisher.Sequence(0), MsgPack.Batch(MsgPack.Stored([1], null, null, 16)));
        await subscription.CountedAsync("failures", 1);
        subscription.Index.OnStore = null;
        publisher.Send(topic, Publisher.Sequence(1), MsgPack.Batch(MsgPack.Stored([2], null, null, 16)));
        await Subscription.ReachedAsync(target, 1);

        Assert.Equal([2ul], subscription.Index.KeysOf(target.Holder));
        Assert.Equal("a batch could not be applied", target.Status.Trust.Cause);
        Assert.Single(subscription.LinesWith("Applying KV events"));
    }

    [Fact]
    public async Task Dispose_WhileBatchesPour_NothingIsWrittenAfterwards()
    {
        var subscription = new Subscription();
        var target = subscription.Pods.Add("127.0.0.11");
        using var publisher = new Publisher(subscription.Subscriber.Port);
        using var stop = new CancellationTokenSource();
        var payload = MsgPack.Batch(MsgPack.Stored([1], null, null, 16));
        var pouring = Task.Run(() =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++) publisher.Send("kv@127.0.0.11@m"u8.ToArray(), Publisher.Sequence(i), payload);
        });
        await Eventually.TrueAsync(() => target.Status.Batches > 100, "batches are applied");

        subscription.Dispose();
        var batches = target.Status.Batches;
        await stop.CancelAsync();
        await pouring;

        Assert.Equal(batches, target.Status.Batches);
    }

    [Fact]
    public void Start_AddressInUse_FaultNamesIt()
    {
        using var subscription = new Subscription();
        using var instruments = new KvEventInstruments();
        var options = new EventSubscriberOptions { Address = subscription.Subscriber.Address };

        var second = EventSubscriber.Start(options, subscription.Pods, instruments, subscription.Logged, TimeProvider.System);

        Assert.StartsWith($"{subscription.Subscriber.Address}: address already in use", second.Fault?.What, StringComparison.Ordinal);
    }
}
