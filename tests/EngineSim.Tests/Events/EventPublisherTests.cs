using System.Text.Json;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.EngineSim;
using OrleansKvRouter.EngineSim.Events;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.EngineSim.Serving;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EngineSim.Events;

/// <summary>Whole engines, heard by pyzmq.</summary>
public sealed class EventPublisherTests
{
    private static readonly uint[] Prompt = [.. Enumerable.Range(100, 40).Select(id => (uint)id)];

    [Fact]
    public async Task Publish_ConnectedEngine_SendsTopicSequenceAndTheBlocksThatTheKeyFunctionNames()
    {
        await using var listener = await Listener.BindAsync();
        await using var engine = await StartHeardAsync(listener, new EventOptions { Schema = "v0.26.0" });
        var before = engine.Host.LastEventSequence;

        await CompleteAsync(engine, Prompt);
        var heard = await listener.HearAsync();

        Assert.Equal(($"kv@127.0.0.1@{EngineFixture.Model}", before + 1, 0), (heard.Topic, heard.Sequence, heard.Rank));
        var stored = Assert.Single(heard.Events);
        Assert.Equal("BlockStored", stored.GetProperty("type").GetString());
        Assert.Equal(Keys(Prompt, default), stored.GetProperty("block_hashes").EnumerateArray().Select(hash => hash.GetUInt64()));
        Assert.Equal(Prompt[..32], stored.GetProperty("token_ids").EnumerateArray().Select(id => id.GetUInt32()));
        Assert.Equal(JsonValueKind.Null, stored.GetProperty("parent_block_hash").ValueKind);
        Assert.Equal(16, stored.GetProperty("block_size").GetInt32());
    }

    [Fact]
    public async Task Publish_ArrayEra_SendsArrays()
    {
        await using var listener = await Listener.BindAsync();
        await using var engine = await StartHeardAsync(listener, new EventOptions { Schema = "v0.23.0" });

        await CompleteAsync(engine, Prompt);

        var stored = Assert.Single((await listener.HearAsync()).Events);
        Assert.Equal(JsonValueKind.Array, stored.ValueKind);
        Assert.Equal(12, stored.GetArrayLength());
    }

    [Fact]
    public async Task Publish_AdapterAndSalt_AreInKeysAndEvents()
    {
        await using var listener = await Listener.BindAsync();
        await using var engine = await StartHeardAsync(listener, new EventOptions());

        await engine.CompleteAsync(new { model = "sql", prompt = Prompt, max_tokens = 1, cache_salt = "tenant" });

        var stored = Assert.Single((await listener.HearAsync()).Events);
        Assert.Equal(Keys(Prompt, new KeyExtras("sql", "tenant")), stored.GetProperty("block_hashes").EnumerateArray().Select(hash => hash.GetUInt64()));
        Assert.Equal("sql", stored.GetProperty("lora_name").GetString());
        Assert.Equal("""[["sql","tenant"],["sql"]]""", JsonSerializer.Serialize(stored.GetProperty("extra_keys")));
    }

    [Theory]
    [InlineData("sha256_cbor", "v0.30.0", null, null)]
    [InlineData("sha256", "v0.10.2", "sql", "tenant")]
    [InlineData("xxhash", "v0.23.0", null, "tenant")]
    public async Task Publish_Bytes_AreTheDigestsOfTheChainInEveryEvent(string algorithm, string schema, string? lora, string? salt)
    {
        await using var listener = await Listener.BindAsync();
        await using var engine = await StartHeardAsync(listener, EngineFixture.Instant with
        {
            Blocks = 4,
            LoraAdapters = ["sql"],
            HashAlgorithm = algorithm,
            Events = new EventOptions { Hashes = "bytes", Schema = schema },
        });
        var model = lora ?? EngineFixture.Model;

        // Two blocks, then a third behind them: the prompt's end and the first generated tokens.
        await engine.CompleteAsync(new { model, prompt = Prompt, max_tokens = 9, cache_salt = salt });
        var (first, second) = (await listener.HearAsync(), await listener.HearAsync());
        // Another prompt needs all blocks, so that every cached one is evicted, and each is named by the digest it was stored under.
        await engine.CompleteAsync(new { model, prompt = Enumerable.Range(5000, 60), max_tokens = 1, cache_salt = salt });
        var evicted = (await listener.HearAsync()).Events.Where(e => Tag(e) == "BlockRemoved");

        var digests = Digests(algorithm, Prompt, lora, salt);
        Assert.Equal(digests, Hashes(Assert.Single(first.Events)));
        Assert.Equal(digests[^1], Field(Assert.Single(second.Events), "parent_block_hash", 2).GetString());
        Assert.Equal([.. digests, .. Hashes(second.Events[0])], evicted.SelectMany(Hashes).Reverse());
    }

    [Fact]
    public async Task Publish_Sglang_NamesBlocksBySignedIntegers()
    {
        await using var listener = await Listener.BindAsync();
        await using var engine = await StartHeardAsync(listener, EngineFixture.Instant with
        {
            HashAlgorithm = "sglang",
            HashSeed = null,
            Events = new EventOptions { Schema = "v0.10.2" },
        });

        // The specification's vector: tokens 1 to 48.
        await CompleteAsync(engine, [.. Enumerable.Range(1, 49).Select(id => (uint)id)]);
        await CompleteAsync(engine, [.. Enumerable.Range(1, 400).Select(id => (uint)id * 7)]);

        Assert.Equal([8635429971592222890, 1256577331724852459, 5689809685380680247], Field((await listener.HearAsync()).Events[0], "", 1).EnumerateArray().Select(hash => hash.GetInt64()));
        Assert.Contains(Field((await listener.HearAsync()).Events[0], "", 1).EnumerateArray(), hash => hash.GetInt64() < 0);
    }

    [Fact]
    public async Task Publish_Rank_IsInTheBatchAndAddedToBothPorts()
    {
        var (events, replay) = (Ports.TakeRow(2), Ports.TakeRow(2));
        await using var engine = await EngineFixture.StartAsync(EngineFixture.Instant with
        {
            Host = "127.0.0.24",
            Rank = 1,
            Events = new EventOptions { Endpoint = $"tcp://*:{events}", ReplayEndpoint = $"tcp://*:{replay}" },
        });
        await using var listener = await Listener.ConnectAsync($"tcp://127.0.0.24:{events + 1}");
        var hearing = listener.HearAsync();
        var prompts = 0u;
        await Eventually.TrueAsync(
            async () =>
            {
                await CompleteAsync(engine, [.. Prompt.Select(id => id + (1000 * ++prompts))]);
                return hearing.IsCompleted;
            },
            "a batch is heard");

        Assert.Equal(1, (await hearing).Rank);
        Assert.NotEmpty(await listener.ReplayAsync(new { replay = $"tcp://127.0.0.24:{replay + 1}", start = 0 }));
    }

    [Fact]
    public async Task Reset_NotAnnounced_TheCacheIsGoneAndNoEventSaysSo()
    {
        await using var listener = await Listener.BindAsync();
        await using var engine = await StartHeardAsync(listener, new EventOptions { Hashes = "bytes" });
        await CompleteAsync(engine, Prompt);
        var before = await listener.HearAsync();
        await engine.IdleAsync();

        using var reset = await engine.PostRawAsync("/reset_prefix_cache?announce=false", "");
        var again = await CompleteAsync(engine, Prompt);

        var heard = await listener.HearAsync();
        Assert.Equal((before.Sequence + 1, 0), (heard.Sequence, CompletionTests.Cached(again)));
        Assert.Equal(["BlockStored"], heard.Tags);
    }

    [Theory]
    [InlineData("v0.27.0", "sha256_cbor", false)]
    [InlineData("v0.28.0", "sha256_cbor", true)]
    [InlineData("v0.28.0", "xxhash", false)]
    public async Task Hashes_SeedUnset_AreTheSameInEveryProcessFromV028On(string schema, string algorithm, bool same)
    {
        var hashes = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            await using var listener = await Listener.BindAsync();
            await using var engine = await StartHeardAsync(listener, EngineFixture.Instant with
            {
                HashAlgorithm = algorithm,
                HashSeed = null,
                Events = new EventOptions { Schema = schema, Hashes = "bytes" },
            });
            await CompleteAsync(engine, Prompt);
            hashes.Add(Hashes((await listener.HearAsync()).Events[0])[0]);
        }

        Assert.Equal(same, hashes[0] == hashes[1]);
    }

    [Fact]
    public async Task Publish_ResetWhileIdle_IsSentWithTheNextStep()
    {
        await using var listener = await Listener.BindAsync();
        await using var engine = await StartHeardAsync(listener, new EventOptions());
        await CompleteAsync(engine, Prompt);
        var before = await listener.HearAsync();
        await engine.IdleAsync();

        using var reset = await engine.PostRawAsync("/reset_prefix_cache", "");
        var again = await CompleteAsync(engine, Prompt);

        var heard = await listener.HearAsync();
        Assert.Equal((before.Sequence + 1, 0), (heard.Sequence, CompletionTests.Cached(again)));
        Assert.Equal(["AllBlocksCleared", "BlockStored"], heard.Tags);
    }

    [Fact]
    public async Task Publish_BoundEngine_IsHeardByASubscriberThatConnects()
    {
        var port = Ports.Take();
        await using var engine = await StartAsync(new EventOptions { Endpoint = $"tcp://*:{port}", Topic = "" }, "127.0.0.21");
        await using var listener = await Listener.ConnectAsync($"tcp://127.0.0.21:{port}");
        var hearing = listener.HearAsync();

        // What is published before the subscription has reached the engine is lost, as with a real one.
        var prompts = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                await CompleteAsync(engine, [.. Prompt.Select(id => id + (uint)(1000 * ++prompts))]);
                return hearing.IsCompleted;
            },
            "a batch is heard");

        Assert.Equal("BlockStored", Assert.Single((await hearing).Tags));
    }

    [Theory]
    [InlineData("v0.25.0", 0)]
    [InlineData("v0.26.0", 1)]
    public async Task Replay_FromASequenceNumber_GivesTheKeptBatchesFromThereAndAnEndMark(string schema, int topicFrames)
    {
        await using var listener = await Listener.BindAsync();
        var port = Ports.Take();
        await using var engine = await StartHeardAsync(
            listener, new EventOptions { ReplayEndpoint = $"tcp://*:{port}", BufferSteps = 3, Schema = schema, Topic = "kv" }, "127.0.0.22");
        var first = engine.Host.LastEventSequence + 1;
        for (uint i = 0; i < 5; i++) await CompleteAsync(engine, [.. Prompt.Select(id => id + (1000 * i))]);
        for (var i = 0; i < 5; i++) Assert.Equal(first + i, (await listener.HearAsync()).Sequence);
        var address = $"tcp://127.0.0.22:{port}";

        var all = await listener.ReplayAsync(new { replay = address, start = 0 });
        var last = await listener.ReplayAsync(new { replay = address, start = first + 4 });

        Assert.Equal([$"{first + 2:x16}", $"{first + 3:x16}", $"{first + 4:x16}", "ffffffffffffffff"], all.Select(reply => reply[^2]));
        Assert.Equal([$"{first + 4:x16}", "ffffffffffffffff"], last.Select(reply => reply[^2]));
        Assert.All(all, reply => Assert.Equal(3 + topicFrames, reply.Length));
        Assert.All(all, reply => Assert.Equal("", reply[0]));
        Assert.Equal("", all[^1][^1]);
        if (topicFrames == 1) Assert.Equal(["6b76", "6b76", "6b76", ""], all.Select(reply => reply[1]));
    }

    [Fact]
    public async Task Replay_WrongFrames_IsNotAnsweredAndTheNextRequestIs()
    {
        await using var listener = await Listener.BindAsync();
        var port = Ports.Take();
        await using var engine = await StartAsync(new EventOptions { Endpoint = listener.Endpoint, ReplayEndpoint = $"tcp://*:{port}" }, "127.0.0.23");
        var address = $"tcp://127.0.0.23:{port}";

        Assert.Empty(await listener.ReplayAsync(new { replay = address, frames = new[] { "0000000000000000" }, wait_ms = 300 }));
        Assert.Empty(await listener.ReplayAsync(new { replay = address, frames = new[] { "", "00" }, wait_ms = 300 }));
        Assert.Single(await listener.ReplayAsync(new { replay = address, start = 0 }));
    }

    /// <summary>
    /// An engine that publishes to a listener who has heard it, and all of it: what an engine publishes before the
    /// subscription has reached it is lost, as with a real one. Its cache is empty.
    /// </summary>
    private static async Task<EngineFixture> StartHeardAsync(Listener listener, EngineOptions options)
    {
        var engine = await EngineFixture.StartAsync(options with { Events = options.Events! with { Endpoint = listener.Endpoint } });
        var hearing = listener.HearAsync();
        uint prompts = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                await CompleteAsync(engine, [.. Prompt.Select(id => id + (50_000 + (100 * prompts++)))]);
                return hearing.IsCompleted;
            },
            "a batch is heard");
        for (var heard = await hearing; heard.Sequence < engine.Host.LastEventSequence; heard = await listener.HearAsync())
        {
            // Published before it was known that somebody hears.
        }

        await engine.IdleAsync();
        using var reset = await engine.PostRawAsync("/reset_prefix_cache?announce=false", "");
        reset.EnsureSuccessStatusCode();
        return engine;
    }

    private static Task<EngineFixture> StartHeardAsync(Listener listener, EventOptions events, string host = "127.0.0.1") => StartHeardAsync(listener, With(events, host));

    private static Task<EngineFixture> StartAsync(EventOptions events, string host = "127.0.0.1") => EngineFixture.StartAsync(With(events, host));

    private static EngineOptions With(EventOptions events, string host) => EngineFixture.Instant with { Events = events, Host = host, LoraAdapters = ["sql"] };

    private static Task<JsonElement> CompleteAsync(EngineFixture engine, uint[] prompt) =>
        engine.CompleteAsync(new { model = EngineFixture.Model, prompt, max_tokens = 1 });

    private static string? Tag(JsonElement e) => Field(e, "type", 0).GetString();

    private static string[] Hashes(JsonElement e) => [.. Field(e, "block_hashes", 1).EnumerateArray().Select(hash => hash.GetString()!)];

    private static JsonElement Field(JsonElement e, string name, int position) => e.ValueKind == JsonValueKind.Array ? e[position] : e.GetProperty(name);

    /// <summary>The digests of a prompt's full blocks, in hex.</summary>
    private static string[] Digests(string algorithm, uint[] tokens, string? lora, string? salt)
    {
        var keys = EngineFixture.Loaded(KeyFunctions.Create(algorithm, "42"));
        var chain = keys.Root;
        var digests = new string[tokens.Length / 16];
        for (var i = 0; i < digests.Length; i++)
        {
            var extras = new ExtraKeyList(new byte[256]);
            if (lora is not null) extras.AddLora(lora);
            if (i == 0 && salt is not null) extras.AddText(salt);
            keys.Next(ref chain, tokens.AsSpan(i * 16, 16), extras);
            digests[i] = Convert.ToHexStringLower(chain.Bytes);
        }

        return digests;
    }

    private static IEnumerable<ulong> Keys(uint[] tokens, KeyExtras extras)
    {
        var keys = new BlockKey[tokens.Length / 16];
        EngineFixture.Loaded(KeyFunctions.Create("sha256_cbor", "42")).ComputeKeys(tokens, 16, extras, keys);
        return keys.Select(key => key.Value);
    }
}
