using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Zmq;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Tests.KvEvents.Doubles;

namespace OrleansKvRouter.Tests.KvEvents.Applying;

/// <summary>Five engines of which only one hashes as the pool does, and one has larger blocks: what the index says of each is what each has.</summary>
public sealed class MixedFleetTests : IDisposable
{
    private const int BlockSize = 16;
    private const int Steps = 400;

    private static readonly object[] Fleet =
    [
        new { algo = "sha256_cbor", seed = (string?)"42", none = (string?)null, block_size = BlockSize, blocks = 60, schema = "v0.26.0" },
        new { algo = "sha256_cbor", seed = (string?)"0", none = (string?)null, block_size = BlockSize, blocks = 60, schema = "v0.22.0" },
        new { algo = "sha256", seed = (string?)"42", none = (string?)null, block_size = BlockSize, blocks = 40, schema = "v0.29.0" },
        new { algo = "sha256_cbor", seed = (string?)null, none = (string?)"random", block_size = BlockSize, blocks = 90, schema = "v0.17.0" },
        new { algo = "xxhash", seed = (string?)"7", none = (string?)null, block_size = 4 * BlockSize, blocks = 30, schema = "v0.26.0" },
    ];

    private readonly KvEventInstruments _instruments = new();
    private readonly ZmqMessagePool _messages = new(capacity: 1);
    private readonly DecodingScratch _scratch = new();
    private readonly InMemoryBlockIndex _index = new();

    public void Dispose()
    {
        _instruments.Dispose();
        _messages.Dispose();
    }

    [Fact]
    public async Task TryApply_EnginesOfFiveSchemes_EveryWalkEqualsWhatEachEngineHolds()
    {
        var pods = new Pods(_index, BlockSize);
        await using var oracle = Peer.Python(Path.Combine(Repository.Oracles, "kv_fleet.py"), []);
        await oracle.WriteLineAsync(JsonSerializer.Serialize(Fleet));
        var feeds = Enumerable.Range(0, Fleet.Length).Select(i => Feed(pods, i)).ToArray();
        var random = new Random(5);
        var prompts = Enumerable.Range(0, 24).Select(i => Prompt(random, i)).ToArray();

        for (var step = 0; step < Steps; step++)
        {
            var engine = random.Next(Fleet.Length);
            var order = random.Next(60) == 0
                ? (object)new { engine, clear = true }
                : Request(engine, prompts[random.Next(prompts.Length)]);
            await ApplyAsync(oracle, feeds[engine], step, order);
            if (step == Steps / 2)
            {
                // The first engine comes back under another seed.
                await ApplyAsync(oracle, feeds[0], step, new { engine = 0, restart = Fleet[1] });
                feeds[0].Applier.Restart();
            }

            if (step % 4 == 0) await AssertHeldAsync(oracle, pods, feeds, prompts);
        }

        Assert.All(feeds, feed => Assert.Equal(TrustState.Mapped, feed.Target.Status.Trust.State));
        Assert.Contains("PYTHONHASHSEED \"0\"", feeds[0].Target.Status.Trust.Cause, StringComparison.Ordinal);
        Assert.Contains("PYTHONHASHSEED \"0\"", feeds[1].Target.Status.Trust.Cause, StringComparison.Ordinal);
        Assert.Contains("64 tokens", feeds[4].Target.Status.Trust.Cause, StringComparison.Ordinal);
    }

    private async Task AssertHeldAsync(Peer oracle, Pods pods, (FeedTarget Target, FeedApplier Applier)[] feeds, Shape[] prompts)
    {
        var matches = new PrefixMatches();
        var held = new int[feeds.Length][];
        for (var engine = 0; engine < feeds.Length; engine++)
        {
            held[engine] = JsonSerializer.Deserialize<int[]>(await AskAsync(oracle, new { engine, held = prompts.Select(p => new object?[] { p.Tokens, p.Lora, p.Salt }) }))!;
        }

        for (var i = 0; i < prompts.Length; i++)
        {
            var keys = pods.KeysOf(prompts[i].Tokens, prompts[i].Lora, prompts[i].Salt).Select(key => new BlockKey(key)).ToArray();
            _index.Walk(keys, matches);
            for (var engine = 0; engine < feeds.Length; engine++)
            {
                // The last engine has larger blocks: prompts that share a part of one share nothing of its cache.
                var found = matches.BlocksOf(feeds[engine].Target.Holder) / feeds[engine].Target.KeysPerBlock;
                Assert.True(held[engine][i] == found, $"engine {engine}, prompt {i}: it holds {held[engine][i]}, the index says {found}");
            }
        }
    }

    private async Task ApplyAsync(Peer oracle, (FeedTarget Target, FeedApplier Applier) feed, long sequence, object order)
    {
        var payload = Convert.FromHexString(JsonDocument.Parse(await AskAsync(oracle, order)).RootElement.GetProperty("payload").GetString()!);
        if (payload.Length == 0) return;
        if (!_scratch.TryDecode(payload, out var error)) Assert.Fail(error.ToString());
        Assert.True(feed.Applier.TryApply(sequence, _scratch.Batch, payload));
    }

    private static async Task<string> AskAsync(Peer oracle, object order)
    {
        await oracle.WriteLineAsync(JsonSerializer.Serialize(order));
        return await oracle.ReadLineAsync();
    }

    private (FeedTarget Target, FeedApplier Applier) Feed(Pods pods, int i)
    {
        var target = pods.Add($"10.0.0.{i}");
        return (target, new FeedApplier(target, 0, new FeedServices(pods, new EventSubscriberOptions(), _instruments, NullLogger.Instance, TimeProvider.System, _messages)));
    }

    private static object Request(int engine, Shape prompt) => new { engine, tokens = prompt.Tokens, lora = prompt.Lora, salt = prompt.Salt };

    /// <summary>Prompts that share beginnings, some of them whole blocks, some with an adapter or a salt.</summary>
    private static Shape Prompt(Random random, int i)
    {
        var tokens = Pods.Tokens(random.Next(10, 20) * BlockSize + (random.Next(2) * 5));
        for (var at = random.Next(1, 9) * BlockSize; at < tokens.Length; at++) tokens[at] = (uint)random.Next(150_000);
        return new Shape(tokens, i % 5 == 3 ? "sql" : null, i % 7 == 5 ? "tenant" : null);
    }

    private sealed record Shape(uint[] Tokens, string? Lora, string? Salt);
}
