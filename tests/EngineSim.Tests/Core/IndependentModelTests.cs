using System.Text.Json;
using OrleansKvRouter.EngineSim.Core;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EngineSim.Core;

/// <summary>
/// The core against a cache model written by others in Python. That model knows prompts alone, one at a time. A request
/// for one token is the same thing: its token is sampled and never computed, so nothing of it enters the cache.
/// </summary>
public sealed class IndependentModelTests
{
    private const int Requests = 500;
    private const int BlockSize = 4;

    [Theory]
    [InlineData("sha256_cbor", "42", 12)]
    [InlineData("sha256_cbor", "0", 40)]
    [InlineData("sha256_cbor_64bit", "42", 25)]
    public async Task Step_RandomRequests_GiveTheEventsOfTheIndependentModel(string algorithm, string seed, int blocks)
    {
        Assert.True(KeyFunctions.Create(algorithm, seed).Try(out var keys, out _));
        var engine = new CoreFixture(blocks, BlockSize, keys: keys);
        await using var model = Peer.Python(Path.Combine(Repository.Oracles, "kv_sim_requests.py"), $"{blocks}", $"{BlockSize}", algorithm, seed);
        var random = new Random(blocks);
        var (hits, removals) = (0, 0);

        for (var i = 0; i < Requests; i++)
        {
            var prompt = RandomPrompt(random, blocks * BlockSize);
            var identity = RandomIdentity(random);
            var sequence = engine.Submit(prompt, maxNewTokens: 1, identity);
            var events = engine.Drain();
            await model.WriteLineAsync(JsonSerializer.Serialize(
                new { tokens = prompt, lora_name = identity.LoraName, lora_id = identity.LoraId, salt = identity.CacheSalt }));
            Assert.Equal(Describe(JsonDocument.Parse(await model.ReadLineAsync()).RootElement), events.Select(Describe));
            hits += sequence.CachedTokens;
            removals += events.Count(e => e is BlockRemoved);
        }

        // The comparison is worth something only where there were hits and evictions.
        Assert.True(hits > Requests && removals > Requests, $"{hits} tokens hit, {removals} blocks removed");
    }

    private static uint[] RandomPrompt(Random random, int longest)
    {
        var length = random.Next(1, random.Next(2, longest + 1));
        var diverges = random.Next(0, length + 1);
        var text = (uint)random.Next(3);
        return [.. Enumerable.Range(0, length).Select(i => i < diverges ? (uint)(i * 1000 * (text + 1)) : (uint)random.Next(100_000))];
    }

    private static RequestIdentity RandomIdentity(Random random) => random.Next(8) switch
    {
        0 => new RequestIdentity("sql-lora", 1, null),
        1 => new RequestIdentity(null, null, "tenant"),
        2 => new RequestIdentity("sql-lora", 1, "tenant"),
        _ => RequestIdentity.Plain,
    };

    private static string Describe(CacheEvent e) => e switch
    {
        BlockRemoved removed => $"removed {removed.Block}",
        BlocksStored stored => $"stored {string.Join(',', stored.Blocks)} behind {stored.Parent} tokens {string.Join(',', stored.Tokens)} lora {stored.Identity.LoraName}",
        _ => e.ToString(),
    };

    private static IEnumerable<string> Describe(JsonElement events) => events.EnumerateArray().Select(pair =>
    {
        var fields = pair[1];
        return pair[0].GetString() == "BlockRemoved"
            ? $"removed {fields.GetProperty("block_hashes")[0]}"
            : $"stored {Joined(fields, "block_hashes")} behind {fields.GetProperty("parent_block_hash")} tokens {Joined(fields, "token_ids")} lora {fields.GetProperty("lora_name")}";
    });

    private static string Joined(JsonElement fields, string name) => string.Join(',', fields.GetProperty(name).EnumerateArray());
}
