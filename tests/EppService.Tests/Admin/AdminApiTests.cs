using System.Net;
using System.Text;
using System.Text.Json;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.EppService.Admin;

namespace OrleansKvRouter.Tests.EppService.Admin;

/// <summary>The admin API as its users see it: names, values, and what each error says.</summary>
public sealed class AdminApiTests
{
    [Fact]
    public async Task Pool_Detail_HasTheNamesThatUsersRelyOn()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        var seed = new TrustStatus("mapped", "PYTHONHASHSEED differs") { Differs = SchemeParts.Seed | SchemeParts.BlockSize };
        admin.Node.Pools = [ScriptedNode.Pool("qwen", ScriptedNode.Endpoint("vllm-0", "127.0.0.11:8000") with { Trust = seed }), ScriptedNode.Pool("other")];

        var pool = await admin.GetJsonAsync("/api/pools/qwen");
        var list = await admin.GetJsonAsync("/api/pools");

        Assert.Equal("qwen", pool.GetProperty("name").GetString());
        Assert.Equal("sha256_cbor_64bit", pool.GetProperty("scheme").GetString());
        Assert.Equal("tracking", pool.GetProperty("policy").GetProperty("mode").GetString());
        Assert.Equal("bind", pool.GetProperty("policy").GetProperty("events").GetProperty("mode").GetString());
        Assert.Equal("42", pool.GetProperty("policy").GetProperty("tokenProcessor").GetProperty("hashSeed").GetString());
        Assert.Equal(
            """{"name":"vllm-0","address":"127.0.0.11:8000","ready":true,"load":{"waiting":2,"running":5,"kvCacheUsage":0.375,"inFlightTokens":4096,"inFlightRequests":3},"blocksHeld":1200,"cursor":77,"lost":0,"replayed":0,"purges":0,"batches":78,"predictions":{"judged":100,"right":99,"accuracy":0.99,"predictedTokens":6400,"reportedTokens":6336,"overTokens":64,"underTokens":0,"unreported":0,"miscounted":0,"contradictions":0},"wire":{"era":"vLLM v0.24 on","hashes":"integers"},"trust":{"state":"mapped","cause":"PYTHONHASHSEED differs","since":null,"differs":["seed","blockSize"],"incomplete":false}}""",
            Assert.Single(pool.GetProperty("endpoints").EnumerateArray()).GetRawText());
        Assert.Equal(["qwen", "other"], list.EnumerateArray().Select(p => p.GetProperty("name").GetString()));
        Assert.Equal(pool.GetRawText(), list[0].GetRawText());
    }

    [Fact]
    public async Task Pool_Unknown_Is404NamingTheChoices()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        admin.Node.Pools = [ScriptedNode.Pool("qwen"), ScriptedNode.Pool("llama")];

        var problem = await ProblemAsync(await admin.Client.GetAsync("/api/pools/qwem"), HttpStatusCode.NotFound);

        Assert.Contains("\"qwem\"", Detail(problem));
        Assert.Contains("qwen, llama", Detail(problem));
        Assert.Equal("pool", problem.GetProperty("field").GetString());
    }

    [Fact]
    public async Task Pool_InSeveralNamespaces_IsToldApartByNamespace()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        admin.Node.Pools = [ScriptedNode.Pool("qwen") with { Namespace = "a" }, ScriptedNode.Pool("qwen") with { Namespace = "b" }];

        var problem = await ProblemAsync(await admin.Client.GetAsync("/api/pools/qwen"), HttpStatusCode.NotFound);
        var pool = await admin.GetJsonAsync("/api/pools/qwen?namespace=b");

        Assert.Contains("?namespace= with one of a, b", Detail(problem));
        Assert.Equal("b", pool.GetProperty("namespace").GetString());
    }

    [Theory]
    [InlineData("", "/v1/chat/completions", false)]
    [InlineData("?path=/v1/completions&tokens=true", "/v1/completions", true)]
    public async Task Explain_Request_IsPassedOnAndAnsweredExactly(string query, string path, bool tokens)
    {
        await using var admin = await AdminUnderTest.StartAsync();
        admin.Node.Pools = [ScriptedNode.Pool("qwen")];
        admin.Node.Explain = asked => new ExplainOutcome.Explained(ScriptedNode.Result(asked.Pool) with { TokenIds = asked.WithTokens ? [9707, 11] : null });

        var response = await admin.Client.PostAsync($"/api/pools/qwen/explain{query}", new StringContent("{\"prompt\":\"hi\"}"));
        var result = await AdminUnderTest.JsonOfAsync(response, HttpStatusCode.OK, "application/json");

        var ids = tokens ? "\"tokenIds\":[9707,11]," : "";
        Assert.Equal(
            "{\"pool\":\"qwen\",\"model\":\"Qwen/Qwen3-32B\",\"scheme\":\"sha256_cbor_64bit\",\"blockSize\":64,\"tokenCount\":200," + ids
            + "\"blockKeys\":[\"18446744073709551615\",\"7\",\"8\"],\"endpoints\":["
            + "{\"name\":\"vllm-0\",\"address\":\"127.0.0.11:8000\",\"matchedBlocks\":2,\"matchedTokens\":128,\"score\":4.5,\"scores\":{\"prefix\":1,\"queueDepth\":0.75}},"
            + "{\"name\":\"vllm-1\",\"address\":\"127.0.0.12:8000\",\"matchedBlocks\":0,\"matchedTokens\":0,\"score\":1.5,\"scores\":{\"prefix\":0,\"queueDepth\":0.75}}],"
            + "\"picked\":\"127.0.0.11:8000\"}",
            result.GetRawText());
        Assert.Equal(path, admin.Node.Asked!.Path);
        Assert.Equal("{\"prompt\":\"hi\"}", Encoding.UTF8.GetString(admin.Node.Asked.Body.Span));
    }

    [Theory]
    [InlineData("?path=/v1/embeddings", "path", "/v1/chat/completions or /v1/completions")]
    [InlineData("?tokens=maybe", "tokens", "true or false")]
    public async Task Explain_BadParameter_Is400NamingIt(string query, string field, string mend)
    {
        await using var admin = await AdminUnderTest.StartAsync();
        admin.Node.Pools = [ScriptedNode.Pool("qwen")];

        var problem = await ProblemAsync(await admin.Client.PostAsync($"/api/pools/qwen/explain{query}", new StringContent("{}")), HttpStatusCode.BadRequest);

        Assert.Equal(field, problem.GetProperty("field").GetString());
        Assert.Contains(mend, Detail(problem));
    }

    [Fact]
    public async Task Explain_Refused_IsAProblemWithTheNodesWords()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        admin.Node.Pools = [ScriptedNode.Pool("qwen")];
        admin.Node.Explain = _ => new ExplainOutcome.Refused(400, new Fault("messages is empty", "give at least one"), "messages");

        var problem = await ProblemAsync(await admin.Client.PostAsync("/api/pools/qwen/explain", new StringContent("{}")), HttpStatusCode.BadRequest);

        Assert.Equal("about:blank", problem.GetProperty("type").GetString());
        Assert.Equal("Bad Request", problem.GetProperty("title").GetString());
        Assert.Equal("messages is empty; give at least one", Detail(problem));
        Assert.Equal("messages", problem.GetProperty("field").GetString());
    }

    [Fact]
    public async Task Explain_20Megabytes_Is413()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        admin.Node.Pools = [ScriptedNode.Pool("qwen")];

        var response = await admin.Client.PostAsync("/api/pools/qwen/explain", new ByteArrayContent(new byte[20_000_000]));

        Assert.Contains("10485760", Detail(await ProblemAsync(response, HttpStatusCode.RequestEntityTooLarge)));
        Assert.Null(admin.Node.Asked);
    }

    [Fact]
    public async Task Unrouted_PathAndMethod_AreProblems()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        admin.Node.Pools = [ScriptedNode.Pool("qwen")];

        var path = await ProblemAsync(await admin.Client.GetAsync("/api/pool"), HttpStatusCode.NotFound);
        var response = await admin.Client.DeleteAsync("/api/pools/qwen");
        var allowed = response.Content.Headers.Allow;
        var method = await ProblemAsync(response, HttpStatusCode.MethodNotAllowed);

        Assert.Contains("/api/pools", Detail(path));
        Assert.Contains("DELETE", Detail(method));
        Assert.Contains("GET", allowed);
    }

    [Fact]
    public async Task Node_Failing_Is500WithoutItsInnards()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        admin.Node.Pools = [ScriptedNode.Pool("qwen")];
        admin.Node.Explain = _ => throw new InvalidOperationException("a secret");

        var problem = await ProblemAsync(await admin.Client.PostAsync("/api/pools/qwen/explain", new StringContent("{}")), HttpStatusCode.InternalServerError);

        Assert.DoesNotContain("secret", Detail(problem));
    }

    [Fact]
    public async Task Decisions_Limited_AreTheNewest()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            admin.Decisions.Add(new Decision { Time = DateTimeOffset.UnixEpoch, RequestId = $"r{i}", Status = 200, Tokens = 100, MatchedTokens = 64, DecisionMicroseconds = 350.5 });
        }

        var decisions = await admin.GetJsonAsync("/api/decisions?limit=2");
        var problem = await ProblemAsync(await admin.Client.GetAsync("/api/decisions?limit=0"), HttpStatusCode.BadRequest);

        Assert.Equal(["r2", "r1"], decisions.EnumerateArray().Select(d => d.GetProperty("requestId").GetString()));
        Assert.Equal(350.5, decisions[0].GetProperty("decisionMicroseconds").GetDouble());
        Assert.Equal("limit", problem.GetProperty("field").GetString());
    }

    private static string Detail(JsonElement problem) => problem.GetProperty("detail").GetString()!;

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        var problem = await AdminUnderTest.JsonOfAsync(response, status, "application/problem+json");
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        return problem;
    }
}
