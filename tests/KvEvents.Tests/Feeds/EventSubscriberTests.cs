using System.Net;
using System.Net.Sockets;
using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Zmq;
using OrleansKvRouter.Tests.KvEvents.Doubles;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Feeds;

/// <summary>The subscriber with engines in processes of their own, over TCP.</summary>
public sealed class EventSubscriberTests
{
    [Theory]
    [InlineData("v0.10.0")]
    [InlineData("v0.10.2")]
    [InlineData("v0.14.0")]
    [InlineData("v0.17.0")]
    [InlineData("v0.20.0")]
    [InlineData("v0.22.0")]
    [InlineData("v0.24.0")]
    [InlineData("v0.26.0")]
    [InlineData("v0.29.0")]
    public async Task Engine_OfEveryWireVersion_BlocksAreThePromptsKeys(string schema)
    {
        using var subscription = new Subscription();
        var target = subscription.Pods.Add("127.0.0.11");
        await using var engine = await subscription.EngineAsync("127.0.0.11", "--schema", schema);
        var first = Pods.Tokens(100);
        var second = Pods.Tokens(64, first: 9_000);

        await engine.PublishAsync(Engine.Request(first));
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(second)));

        Assert.Equal([.. subscription.Pods.KeysOf(first).Concat(subscription.Pods.KeysOf(second)).Order()], subscription.Index.KeysOf(target.Holder));
        Assert.Equal(EngineTrust.Exact, target.Status.Trust);
    }

    [Fact]
    public async Task Engine_AnnouncesBytes_BlocksAreTheirLastEight()
    {
        using var subscription = new Subscription();
        var target = subscription.Pods.Add("127.0.0.11");
        await using var engine = await subscription.EngineAsync("127.0.0.11");
        var digest = "hex:" + new string('0', 46) + "01" + "1122334455667788";
        object Store(string hash, string? parent) => new { op = "store", block_hashes = new[] { hash }, parent, token_ids = Pods.Tokens(16), block_size = 16 };

        await engine.PublishAsync(Store(digest, null));
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Store("hex:" + new string('f', 32), digest)));

        Assert.Equal([0x1122334455667788ul, ulong.MaxValue], subscription.Index.KeysOf(target.Holder));
    }

    [Fact]
    public async Task Engine_AdapterAndSalt_BlocksAreTheirKeys()
    {
        using var subscription = new Subscription();
        var target = subscription.Pods.Add("127.0.0.11");
        await using var engine = await subscription.EngineAsync("127.0.0.11");
        var tokens = Pods.Tokens(40);

        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(tokens, "sql-lora", "tenant-1")));

        Assert.Equal([.. subscription.Pods.KeysOf(tokens, "sql-lora", "tenant-1").Order()], subscription.Index.KeysOf(target.Holder));
        Assert.Equal(EngineTrust.Exact, target.Status.Trust);
    }

    [Fact]
    public async Task Engine_EvictsAndClears_IndexFollows()
    {
        using var subscription = new Subscription(blockSize: 4);
        var target = subscription.Pods.Add("127.0.0.11");
        await using var engine = await subscription.EngineAsync("127.0.0.11", "--block-size", "4", "--blocks", "6");
        var first = Pods.Tokens(16);
        var second = Pods.Tokens(16, first: 9_000);

        // Six blocks: the second prompt takes the two free ones and the last two of the first.
        await engine.PublishAsync(Engine.Request(first));
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(second)));
        Assert.Equal([.. subscription.Pods.KeysOf(first)[..2].Concat(subscription.Pods.KeysOf(second)).Order()], subscription.Index.KeysOf(target.Holder));

        await Subscription.ReachedAsync(target, await engine.PublishAsync(new { op = "clear" }));
        Assert.Empty(subscription.Index.KeysOf(target.Holder));
    }

    [Fact]
    public async Task Engine_LosesBatchesAndRestarts_CountedAndForgotten()
    {
        using var subscription = new Subscription();
        var target = subscription.Pods.Add("127.0.0.11");
        await using var engine = await subscription.EngineAsync("127.0.0.11");
        var tokens = Pods.Tokens(32);
        await engine.PublishAsync(Engine.Request(Pods.Tokens(32, first: 9_000)));
        await engine.TellAsync(Engine.Control("skip", 3));
        await engine.TellAsync(Engine.Control("lose", 2));
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Pods.Tokens(32, first: 70_000))));
        Assert.Equal(5, target.Status.Lost);
        Assert.Equal(TrustState.Stale, target.Status.Trust.State);

        await engine.TellAsync(Engine.Control("restart"));
        await engine.PublishAsync(Engine.Request(tokens));
        await subscription.CountedAsync("restarts:pool", 1);

        await Eventually.TrueAsync(
            () => subscription.Index.KeysOf(target.Holder).SequenceEqual(subscription.Pods.KeysOf(tokens).Order()),
            "only the blocks since the restart are held");
        Assert.Equal(0, target.Status.Cursor);
        Assert.Equal(5, target.Status.Lost);
    }

    [Fact]
    public async Task Engine_PodBecomesKnownLater_WhatCameBeforeIsApplied()
    {
        using var subscription = new Subscription();
        await using var engine = await subscription.EngineAsync("127.0.0.12");
        var first = Pods.Tokens(32);
        var second = Pods.Tokens(32, first: 9_000);
        await engine.PublishAsync(Engine.Request(first));
        await engine.PublishAsync(Engine.Request(second));
        await subscription.CountedAsync("unknown_pod:kept", 2);
        Assert.Single(subscription.LinesWith("no pool has such a pod"));

        var target = subscription.Pods.Add("127.0.0.12");
        subscription.Time.Pass(TimeSpan.FromSeconds(5));
        await Subscription.ReachedAsync(target, 1);

        Assert.Equal([.. subscription.Pods.KeysOf(first).Concat(subscription.Pods.KeysOf(second)).Order()], subscription.Index.KeysOf(target.Holder));
        Assert.Equal(2, subscription.Observed["unknown_pod:applied"]);
        Assert.Equal(0, target.Status.Lost);
    }

    [Fact]
    public async Task Engine_PodStaysUnknown_DroppedAfterTheGraceTime()
    {
        using var subscription = new Subscription();
        await using var engine = await subscription.EngineAsync("127.0.0.12");
        await engine.PublishAsync(Engine.Request(Pods.Tokens(32)));
        await subscription.CountedAsync("unknown_pod:kept", 1);

        subscription.Time.Pass(TimeSpan.FromSeconds(31));
        await subscription.CountedAsync("unknown_pod:dropped", 1);

        var target = subscription.Pods.Add("127.0.0.12");
        subscription.Time.Pass(TimeSpan.FromSeconds(1));
        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Pods.Tokens(16, first: 9_000))));
        Assert.Equal(1, subscription.Index.BlocksHeld(target.Holder));
    }

    [Fact]
    public async Task Engine_TargetIsReplaced_TheNewOneIsFed()
    {
        using var subscription = new Subscription();
        var before = subscription.Pods.Add("127.0.0.11");
        await using var engine = await subscription.EngineAsync("127.0.0.11");
        await Subscription.ReachedAsync(before, await engine.PublishAsync(Engine.Request(Pods.Tokens(32))));

        subscription.Pods.Remove("127.0.0.11");
        var after = subscription.Pods.Add("127.0.0.11");
        var tokens = Pods.Tokens(32, first: 9_000);
        await Subscription.ReachedAsync(after, await engine.PublishAsync(Engine.Request(tokens)));

        Assert.Equal(2, subscription.Index.BlocksHeld(before.Holder));
        Assert.Equal([.. subscription.Pods.KeysOf(tokens).Order()], subscription.Index.KeysOf(after.Holder));
        Assert.Equal(TrustState.Exact, after.Status.Trust.State);
    }

    [Fact]
    public async Task Engine_MalformedPayloads_LoggedOnceAndNobodyElseIsHarmed()
    {
        using var subscription = new Subscription();
        var sick = subscription.Pods.Add("127.0.0.11");
        var well = subscription.Pods.Add("127.0.0.12");
        await using var sickEngine = await subscription.EngineAsync("127.0.0.11");
        await using var wellEngine = await subscription.EngineAsync("127.0.0.12");
        var tokens = Pods.Tokens(32);
        byte[][] payloads = [[], [0xc1], [0x93, 0xff], new byte[100_000], MsgPack.Encode("text"), MsgPack.Batch(MsgPack.Cleared, MsgPack.Removed(new byte[3]))];

        await wellEngine.PublishAsync(Engine.Request(tokens));
        await sickEngine.PublishAsync(Engine.Request(tokens));
        foreach (var payload in payloads) await sickEngine.PublishAsync(Engine.Raw(payload));
        await Subscription.ReachedAsync(sick, await sickEngine.PublishAsync(Engine.Request(Pods.Tokens(16, first: 9_000))));
        await Subscription.ReachedAsync(well, await wellEngine.PublishAsync(Engine.Request(Pods.Tokens(16, first: 9_000))));

        Assert.Equal(payloads.Length, sick.Status.Malformed);
        Assert.Equal(0, sick.Status.Lost);
        Assert.Equal(3, subscription.Index.BlocksHeld(sick.Holder));
        Assert.Equal("Stale: a batch could not be decoded", $"{sick.Status.Trust.State}: {sick.Status.Trust.Cause}");
        Assert.Equal(payloads.Length, subscription.Observed["malformed:payload"]);
        Assert.Equal(
            "Warning: A KV-event payload from kv@127.0.0.11@Qwen3-32B at sequence 1 is malformed: the payload ends in the middle of a value at byte 0; 0 more since the last message",
            Assert.Single(subscription.LinesWith("is malformed")));
        Assert.Equal(0, well.Status.Malformed);
        Assert.Equal(EngineTrust.Exact, well.Status.Trust);

        subscription.Time.Pass(TimeSpan.FromMinutes(2));
        await sickEngine.PublishAsync(Engine.Raw([0xc1]));
        await subscription.CountedAsync("malformed:payload", payloads.Length + 1);
        Assert.EndsWith($"{payloads.Length - 1} more since the last message", subscription.LinesWith("is malformed")[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Engine_RanksOfOnePod_AreEnginesOfTheirOwn()
    {
        using var subscription = new Subscription();
        var first = subscription.Pods.Add("127.0.0.11");
        var second = subscription.Pods.Add("127.0.0.11", rank: 1);
        await using var engine = await subscription.EngineAsync("127.0.0.11");
        object?[] Stored(int hash) => [MsgPack.Stored([hash], null, Pods.Tokens(16), 16)];

        // Each rank has its own numbers; here both come through one connection.
        await engine.PublishAsync(Engine.Raw(MsgPack.BatchAt(1, 0, Stored(1))));
        await engine.PublishAsync(Engine.Raw(MsgPack.BatchAt(1, 1, Stored(2))));
        await engine.PublishAsync(Engine.Raw(MsgPack.BatchAt(1, 100_000, Stored(3))));
        await subscription.CountedAsync("malformed:rank", 1);

        Assert.Equal([1ul], subscription.Index.KeysOf(first.Holder));
        Assert.Equal([2ul], subscription.Index.KeysOf(second.Holder));
    }

    [Fact]
    public async Task Messages_ThatAreNoKvEvents_CountedByTheirFault()
    {
        using var subscription = new Subscription();
        var target = subscription.Pods.Add("127.0.0.11");
        using var publisher = new Publisher(subscription.Subscriber.Port);
        var topic = "kv@127.0.0.11@m"u8.ToArray();
        var good = MsgPack.Batch(MsgPack.Stored([1], null, Pods.Tokens(16), 16));
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
    public async Task Garbage_OnTheTcpPort_HarmsNobody()
    {
        using var subscription = new Subscription();
        var target = subscription.Pods.Add("127.0.0.11");
        await using var engine = await subscription.EngineAsync("127.0.0.11");
        await engine.PublishAsync(Engine.Request(Pods.Tokens(32)));
        var garbage = new byte[1 << 20];
        new Random(7).NextBytes(garbage);

        // ZMTP's greeting begins with ff …; what follows promises a frame of 2⁶³ bytes.
        byte[] greeting = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, (byte)'N', (byte)'U', (byte)'L', (byte)'L'];
        byte[] endless = [.. greeting, .. new byte[48], 4, 25, 5, .. "READY"u8, 11, .. "Socket-Type"u8, 0, 0, 0, 3, .. "PUB"u8, 2, 0x7f, 255, 255, 255, 255, 255, 255, 255];
        foreach (var bytes in new[] { garbage, "GET / HTTP/1.1\r\n\r\n"u8.ToArray(), endless, endless[..40] })
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, subscription.Subscriber.Port);
            try
            {
                await client.GetStream().WriteAsync(bytes);
            }
            catch (IOException)
            {
                // libzmq hung up before it had read everything.
                Assert.Same(garbage, bytes);
            }
        }

        await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Pods.Tokens(32, first: 9_000))));
        Assert.Equal(4, subscription.Index.BlocksHeld(target.Holder));
        Assert.Equal(EngineTrust.Exact, target.Status.Trust);
    }

    [Fact]
    public async Task Batches_AHundredThousandSmallOnes_AllApplied()
    {
        const int Batches = 100_000;
        using var subscription = new Subscription(options: new EventSubscriberOptions { MaxQueuedBatches = Batches });
        var target = subscription.Pods.Add("127.0.0.11");
        using var publisher = new Publisher(subscription.Subscriber.Port, highWatermark: 0);
        await publisher.ConnectedAsync(subscription);
        var topic = "kv@127.0.0.11@m"u8.ToArray();
        var payload = MsgPack.Batch(MsgPack.Stored([1], null, Pods.Tokens(16), 16));

        for (var i = 0; i < Batches; i++) publisher.Send(topic, Publisher.Sequence(i), payload);
        await Subscription.ReachedAsync(target, Batches - 1);

        Assert.Equal(0, target.Status.Lost);
        Assert.Equal(Batches, subscription.Index.CopiesOf(target.Holder, 1));
        Assert.Equal(0, subscription.Observed["queue_depth"]);
    }

    [Fact]
    public async Task Queue_Overflows_DroppedWithoutHoldingUpOthers()
    {
        using var subscription = new Subscription(options: new EventSubscriberOptions { MaxQueuedBatches = 10 });
        var slow = subscription.Pods.Add("127.0.0.11");
        var quick = subscription.Pods.Add("127.0.0.12");
        using var publisher = new Publisher(subscription.Subscriber.Port, highWatermark: 0);
        await publisher.ConnectedAsync(subscription);
        using var gate = new ManualResetEventSlim();
        var stored = 0;
        subscription.Index.OnStore = () =>
        {
            if (Interlocked.Increment(ref stored) == 1) gate.Wait();
        };
        var payload = MsgPack.Batch(MsgPack.Stored([1], null, Pods.Tokens(16), 16));
        for (var i = 0; i < 100; i++) publisher.Send("kv@127.0.0.11@m"u8.ToArray(), Publisher.Sequence(i), payload);
        await subscription.CountedAsync("dropped:batches", 80);

        publisher.Send("kv@127.0.0.12@m"u8.ToArray(), Publisher.Sequence(0), payload);
        await Eventually.TrueAsync(() => subscription.Index.CopiesOf(quick.Holder, 1) == 1, "the other engine's batch is applied");
        Assert.Equal(0, subscription.Index.BlocksHeld(slow.Holder));
        gate.Set();
        await Eventually.TrueAsync(() => subscription.Observed["queue_depth"] == 0 && slow.Status.Batches > 5, "the queue is applied");
        var dropped = subscription.Observed["dropped:batches"];
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

        publisher.Send(topic, Publisher.Sequence(0), MsgPack.Batch(MsgPack.Stored([1], null, Pods.Tokens(16), 16)));
        await subscription.CountedAsync("failures", 1);
        subscription.Index.OnStore = null;
        publisher.Send(topic, Publisher.Sequence(1), MsgPack.Batch(MsgPack.Stored([2], null, Pods.Tokens(16), 16)));
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
        var payload = MsgPack.Batch(MsgPack.Stored([1], null, Pods.Tokens(16), 16));
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
