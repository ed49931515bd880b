using System.Net;
using System.Net.Sockets;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.Tests.KvEvents.Doubles;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Receiving;

/// <summary>The subscriber with engines in processes of their own, over TCP.</summary>
public sealed class EventSubscriberTests
{
    [Fact]
    public async Task Engines_OfEveryWireVersion_BlocksAreThePromptsKeys()
    {
        string[] schemas = ["v0.10.0", "v0.10.2", "v0.14.0", "v0.17.0", "v0.20.0", "v0.22.0", "v0.24.0", "v0.26.0", "v0.29.0"];
        using var subscription = new Subscription();
        await Task.WhenAll(schemas.Select(async (schema, number) =>
        {
            var ip = $"127.0.0.{11 + number}";
            var target = subscription.Pods.Add(ip);
            await using var engine = await subscription.EngineAsync(ip, "--schema", schema);
            var first = Pods.Tokens(100, first: (uint)number);
            var second = Pods.Tokens(64, first: 9_000);

            await engine.PublishAsync(Engine.Request(first));
            await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(second)));

            ulong[] expected = [.. subscription.Pods.KeysOf(first).Concat(subscription.Pods.KeysOf(second)).Order()];
            Assert.True(expected.SequenceEqual(subscription.Index.KeysOf(target.Holder)), $"the blocks of {schema} differ");
            Assert.True(target.Status.Trust == EngineTrust.Exact, $"{schema} is {target.Status.Trust}");
        }));
    }

    [Fact]
    public async Task Engine_AnnouncesBytes_BlocksAreTheirLastEight()
    {
        using var subscription = new Subscription();
        var target = subscription.Pods.Add("127.0.0.11");
        await using var engine = await subscription.EngineAsync("127.0.0.11");
        var digest = "hex:" + new string('0', 46) + "01" + "1122334455667788";
        object Store(string hash, string? parent) => new { op = "store", block_hashes = new[] { hash }, parent, token_ids = Array.Empty<uint>(), block_size = 16 };

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
        await Eventually.TrueAsync(() => target.Status.Cursor == 0, "the numbers begin anew");
        Assert.Equal(5, target.Status.Lost);
    }

    [Fact]
    public async Task Engine_StartedAnewUnderAnotherTopic_WhatTheOneBeforeSaidIsForgotten()
    {
        using var subscription = new Subscription();
        var target = subscription.Pods.Add("127.0.0.11");
        await using (var engine = await subscription.EngineAsync("127.0.0.11"))
        {
            await engine.PublishAsync(Engine.Request(Pods.Tokens(32, first: 9_000)));
            await Subscription.ReachedAsync(target, await engine.PublishAsync(Engine.Request(Pods.Tokens(32, first: 70_000))));
        }

        await using var next = await subscription.EngineAsync("127.0.0.11", "--topic", "kv@127.0.0.11@another-model");
        var tokens = Pods.Tokens(32);
        await next.PublishAsync(Engine.Request(tokens));

        await Eventually.TrueAsync(
            () => subscription.Index.KeysOf(target.Holder).SequenceEqual(subscription.Pods.KeysOf(tokens).Order()),
            "only the blocks of the engine that speaks now are held");
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
        Assert.Single(subscription.LinesWith("has such a pod"));

        var target = subscription.Pods.Add("127.0.0.12");
        subscription.Time.Pass(TimeSpan.FromSeconds(5));
        await Subscription.ReachedAsync(target, 1);

        Assert.Equal([.. subscription.Pods.KeysOf(first).Concat(subscription.Pods.KeysOf(second)).Order()], subscription.Index.KeysOf(target.Holder));
        await subscription.CountedAsync("unknown_pod:applied", 2);
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
        Assert.Equal(1, subscription.Index.BlocksHeld(sick.Holder));
        Assert.Equal("Stale: a batch could not be decoded", $"{sick.Status.Trust.State}: {sick.Status.Trust.Cause}");
        Assert.Equal(payloads.Length, subscription.Observed["malformed:payload"]);
        Assert.Equal(
            "Warning: A KV-event payload from kv@127.0.0.11@Qwen3-32B at sequence 1 is malformed: the payload ends in the middle of a value at byte 0; 0 more since the last message",
            Assert.Single(subscription.LinesWith("is malformed")));
        Assert.Equal(0, well.Status.Malformed);
        Assert.Equal(EngineTrust.Exact, well.Status.Trust);

        subscription.Time.Pass(TimeSpan.FromMinutes(2));
        await sickEngine.PublishAsync(Engine.Raw([0xc1]));
        await Eventually.TrueAsync(() => subscription.LinesWith("is malformed").Length > 1, "the second message is logged");
        Assert.EndsWith($"{payloads.Length - 1} more since the last message", subscription.LinesWith("is malformed")[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Engine_RanksOfOnePod_AreEnginesOfTheirOwn()
    {
        using var subscription = new Subscription();
        var first = subscription.Pods.Add("127.0.0.11");
        var second = subscription.Pods.Add("127.0.0.11", rank: 1);
        await using var engine = await subscription.EngineAsync("127.0.0.11");
        object?[] Stored(int hash) => [MsgPack.Stored([hash], null, null, 16)];

        // Each rank has its own numbers; here both come through one connection.
        await engine.PublishAsync(Engine.Raw(MsgPack.BatchAt(1, 0, Stored(1))));
        await engine.PublishAsync(Engine.Raw(MsgPack.BatchAt(1, 1, Stored(2))));
        await engine.PublishAsync(Engine.Raw(MsgPack.BatchAt(1, 100_000, Stored(3))));
        await subscription.CountedAsync("malformed:rank", 1);

        await Subscription.ReachedAsync(first, 0);
        await Subscription.ReachedAsync(second, 1);
        Assert.Equal([1ul], subscription.Index.KeysOf(first.Holder));
        Assert.Equal([2ul], subscription.Index.KeysOf(second.Holder));
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
}
