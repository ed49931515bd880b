using System.Text;
using System.Text.Json;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Admin;
using OrleansKvRouter.Tests.EppService.Pools;
using static OrleansKvRouter.Tests.EppService.Pools.Specs;
using static OrleansKvRouter.Tests.EppService.Routing.RouterUnderTest;

namespace OrleansKvRouter.Tests.EppService.Routing;

/// <summary>An explanation tells what a pick would do, in the contract's shape, with keys that are the engines' own hashes.</summary>
public sealed class ExplainerTests
{
    private const string Question = """{"model":"Qwen3-32B","messages":[{"role":"user","content":"Which blocks of this question, which has to be a little longer than one block of sixteen tokens, would an engine that speaks of its cache name, and by which numbers?"}]}""";

    [Fact]
    public async Task Explain_Chat_HasTheContractsShape()
    {
        using var router = await StartAsync(pods: 2);
        var tokens = await router.TokensAsync(Question, Chat);
        router.Hold(1, tokens.Take(2 * BlockSize));
        var json = await JsonAsync(router, Question, Chat);

        Assert.Equal(["pool", "model", "scheme", "blockSize", "tokenCount", "blockKeys", "endpoints", "picked"], json.EnumerateObject().Select(property => property.Name));
        Assert.Equal("qwen", json.GetProperty("pool").GetString());
        Assert.Equal("Qwen3-32B", json.GetProperty("model").GetString());
        Assert.Equal("sha256_cbor_64bit", json.GetProperty("scheme").GetString());
        Assert.Equal(BlockSize, json.GetProperty("blockSize").GetInt32());
        Assert.Equal(tokens.Length, json.GetProperty("tokenCount").GetInt32());
        Assert.Equal(tokens.Length / BlockSize, json.GetProperty("blockKeys").GetArrayLength());
        Assert.All(json.GetProperty("blockKeys").EnumerateArray(), key => ulong.Parse(key.GetString()!, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal("10.0.0.2:8000", json.GetProperty("picked").GetString());
        var best = json.GetProperty("endpoints")[0];
        Assert.Equal(["name", "address", "matchedBlocks", "matchedTokens", "score", "scores"], best.EnumerateObject().Select(property => property.Name));
        Assert.Equal(("b", "10.0.0.2:8000", 2, 32), (best.GetProperty("name").GetString(), best.GetProperty("address").GetString(), best.GetProperty("matchedBlocks").GetInt32(), best.GetProperty("matchedTokens").GetInt32()));
        Assert.Equal(32.0 / tokens.Length, best.GetProperty("scores").GetProperty("prefix").GetDouble(), 6);
        Assert.Equal(2, json.GetProperty("endpoints").GetArrayLength());
    }

    [Fact]
    public async Task Explain_WalkOfTheWholePrompt_TellsBlocksAndUsableTokensApart()
    {
        using var router = await StartAsync(pods: 1);
        router.Hold(0, Ids(64));
        var json = await JsonAsync(router, IdsBody(Ids(64)), Completion);
        Assert.Equal((4, 48), (json.GetProperty("endpoints")[0].GetProperty("matchedBlocks").GetInt32(), json.GetProperty("endpoints")[0].GetProperty("matchedTokens").GetInt32()));
    }

    [Fact]
    public async Task Explain_StaleEndpoint_CountsPartOfItsMatchAndSaysSo()
    {
        using var router = await StartAsync(pods: 2);
        // What is stored after the contradiction is believed in part only, until predictions hold.
        Assert.True(router.Endpoint(0).Feed!.Distrust("the cache was dropped", DateTimeOffset.UtcNow));
        router.Hold(0, Ids(64));
        router.Hold(1, Ids(48));
        var json = await JsonAsync(router, IdsBody(Ids(80)), Completion);

        var (believed, stale) = (json.GetProperty("endpoints")[0], json.GetProperty("endpoints")[1]);
        Assert.Equal("10.0.0.2:8000", json.GetProperty("picked").GetString());
        Assert.False(believed.TryGetProperty("trustFactor", out _));
        Assert.Equal(0.5, stale.GetProperty("trustFactor").GetDouble());
        Assert.Equal(64, stale.GetProperty("matchedTokens").GetInt32());
        Assert.Equal(0.4, stale.GetProperty("scores").GetProperty("prefix").GetDouble(), 6);

        router.Endpoint(0).Feed!.Trust();
        Assert.Equal("10.0.0.1:8000", (await JsonAsync(router, IdsBody(Ids(80)), Completion)).GetProperty("picked").GetString());
    }

    [Theory]
    [InlineData("sha256_cbor_64bit", "", "")]
    [InlineData("sha256_cbor", "", "")]
    [InlineData("sha256_cbor_64bit", "sql-lora", "tenant-a")]
    [InlineData("sha256_cbor", "sql-lora", "tenant-a")]
    public async Task Explain_BlockKeys_AreWhatTheOracleHashes(string algorithm, string adapter, string salt)
    {
        using var router = await StartAsync(pods: 1, Tracking(algorithm: algorithm));
        var body = adapter.Length == 0 ? Question : Question.Replace("Qwen3-32B", adapter, StringComparison.Ordinal);
        if (salt.Length > 0) body = body.Replace("\"messages\"", $"\"cache_salt\":\"{salt}\",\"messages\"", StringComparison.Ordinal);
        var result = Assert.IsType<ExplainOutcome.Explained>(await ExplainAsync(router, body, Chat, tokens: true)).Result;

        string[] extras = [.. adapter.Length == 0 ? [] : (string[])["--lora-name", adapter], .. salt.Length == 0 ? [] : (string[])["--salt", salt]];
        await using var oracle = Peer.Python(
            Path.Combine(Repository.Oracles, "vllm_hash.py"),
            ["hash", "--algo", algorithm, "--seed", "42", "--block-size", "16", .. extras, .. result.TokenIds!.Select(id => $"{id}")]);
        foreach (var key in result.BlockKeys)
        {
            using var expected = JsonDocument.Parse(await oracle.ReadLineAsync());
            Assert.Equal(expected.RootElement.GetProperty("wire").GetUInt64(), key.Value);
        }

        Assert.True(result.BlockKeys.Count >= 2);
        Assert.Equal(0, await oracle.ExitAsync());
    }

    [Fact]
    public async Task Explain_Request_ChangesNothing()
    {
        using var router = await StartAsync(pods: 1);
        await ExplainAsync(router, Question, Chat);
        Assert.Equal(0, router.Endpoint(0).Candidate.Load.InFlightRequests);
        Assert.Empty(router.Decisions.Recent());
        Assert.Empty(router.Log.Lines);
    }

    [Fact]
    public async Task Explain_NobodyIsReady_PicksNobody()
    {
        using var router = await StartAsync([Pool("qwen", Tracking(), Pod("a", "10.0.0.1", ready: false))]);
        var json = await JsonAsync(router, Question, Chat);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("picked").ValueKind);
        Assert.Equal(1, json.GetProperty("endpoints").GetArrayLength());
    }

    [Theory]
    [InlineData("/v1/embeddings", Question, 400, "path=/v1/chat/completions")]
    [InlineData(Chat, "{", 400, "JSON")]
    [InlineData(Chat, """{"model":"Qwen3-32B","messages":[]}""", 400, "messages")]
    [InlineData(Completion, """{"model":"Qwen3-32B"}""", 400, "prompt")]
    public async Task Explain_BadRequest_IsRefusedByField(string path, string body, int status, string says)
    {
        using var router = await StartAsync(pods: 1);
        var refused = Assert.IsType<ExplainOutcome.Refused>(await ExplainAsync(router, body, path));
        Assert.Equal(status, refused.Status);
        Assert.Contains(says, refused.Fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_PoolThatRoutesByLoad_SaysWhy()
    {
        using var plain = await StartAsync(pods: 1, TrafficPolicy.Default);
        var untracked = Assert.IsType<ExplainOutcome.Refused>(await ExplainAsync(plain, Question, Chat));
        Assert.Contains("no InferenceTrafficPolicy", untracked.Fault.What, StringComparison.Ordinal);

        using var bare = await StartAsync([Pool("qwen", Tracking(), Pods(1))], models: TestModels.Nothing);
        var untokenized = Assert.IsType<ExplainOutcome.Refused>(await ExplainAsync(bare, Question, Chat));
        Assert.Contains("--models", untokenized.Fault.ToString(), StringComparison.Ordinal);
    }

    private static async Task<ExplainOutcome> ExplainAsync(RouterUnderTest router, string body, string path, bool tokens = false) =>
        await router.Explainer.ExplainAsync(router.Registry.Pools[0], path, Encoding.UTF8.GetBytes(body), tokens, default);

    private static async Task<JsonElement> JsonAsync(RouterUnderTest router, string body, string path)
    {
        var explained = Assert.IsType<ExplainOutcome.Explained>(await ExplainAsync(router, body, path));
        return JsonSerializer.SerializeToElement(explained.Result, AdminJson.Default.ExplainResult);
    }
}
