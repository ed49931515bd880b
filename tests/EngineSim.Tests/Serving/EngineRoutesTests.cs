using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansKvRouter.EngineSim.Running;
using OrleansKvRouter.Tests.Support;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.Tests.EngineSim.Serving;

public sealed class EngineRoutesTests
{
    [Fact]
    public async Task Models_BaseAndAdapters_AreListedWithParents()
    {
        await using var engine = await EngineFixture.StartAsync(EngineFixture.Instant with { LoraAdapters = ["sql", "chat"], MaxModelLength = 4096 });

        var models = (await engine.Client.GetFromJsonAsync<JsonElement>("/v1/models")).GetProperty("data").EnumerateArray().ToList();

        Assert.Equal([EngineFixture.Model, "sql", "chat"], models.Select(model => model.GetProperty("id").GetString()));
        Assert.Equal([null, EngineFixture.Model, EngineFixture.Model], models.Select(model => model.GetProperty("parent").GetString()));
        Assert.Equal(4096, models[0].GetProperty("max_model_len").GetInt32());
    }

    [Fact]
    public async Task Health_RunningEngine_Is200()
    {
        await using var engine = await EngineFixture.StartAsync();

        using var response = await engine.Client.GetAsync("/health");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("""{"prompt":"Hello world"}""")]
    [InlineData("""{"model":"Qwen3-32B","prompt":"Hello world"}""")]
    [InlineData("""{"prompt":"lost","prompt":"Hello world"} """)]
    public async Task Tokenize_Prompt_GivesTheIds(string body)
    {
        await using var engine = await EngineFixture.StartAsync();
        var ids = new TokenBuffer();
        EngineFixture.Assets.Tokenizer.Encode("Hello world", addSpecialTokens: true, ids);

        using var response = await engine.PostRawAsync("/tokenize", body);

        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(ids.Ids.ToArray(), answer.GetProperty("tokens").EnumerateArray().Select(id => id.GetUInt32()));
        Assert.Equal(ids.Count, answer.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Tokenize_Messages_CountsWhatAChatTakes()
    {
        await using var engine = await EngineFixture.StartAsync();
        var messages = new[] { new { role = "user", content = "Hello world" } };

        using var response = await engine.Client.PostAsJsonAsync("/tokenize", new { messages });
        var chat = await engine.ChatAsync(new { model = EngineFixture.Model, messages });

        var count = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("count").GetInt32();
        Assert.Equal(chat.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), count);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"prompt\":\"a\",}")]
    [InlineData("{\"prompt\":\"\\ud800\"}")]
    [InlineData("""{"prompt":17}""")]
    public async Task Tokenize_BadRequest_Is400(string body)
    {
        await using var engine = await EngineFixture.StartAsync();

        using var response = await engine.PostRawAsync("/tokenize", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Metrics_AfterRequests_CountThemAndPassPrometheusOwnCheck()
    {
        await using var engine = await EngineFixture.StartAsync();
        var prompt = Enumerable.Range(0, 40).ToArray();
        await engine.CompleteAsync(new { model = EngineFixture.Model, prompt, max_tokens = 4 });
        await engine.CompleteAsync(new { model = EngineFixture.Model, prompt, max_tokens = 4 });
        await engine.IdleAsync();

        var text = await engine.Client.GetStringAsync("/metrics");

        const string Labels = "{engine=\"0\",model_name=\"Qwen3-32B\"}";
        Assert.Contains($"vllm:num_requests_running{Labels} 0\n", text, StringComparison.Ordinal);
        Assert.Contains($"vllm:num_requests_waiting{Labels} 0\n", text, StringComparison.Ordinal);
        Assert.Contains($"vllm:kv_cache_usage_perc{Labels} 0\n", text, StringComparison.Ordinal);
        Assert.Contains($"vllm:prefix_cache_queries_total{Labels} 80\n", text, StringComparison.Ordinal);
        Assert.Contains($"vllm:prefix_cache_hits_total{Labels} 32\n", text, StringComparison.Ordinal);
        Assert.Contains($"vllm:prompt_tokens_total{Labels} 80\n", text, StringComparison.Ordinal);
        Assert.Contains($"vllm:generation_tokens_total{Labels} 8\n", text, StringComparison.Ordinal);
        Assert.Contains($"vllm:time_to_first_token_seconds_count{Labels} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("num_gpu_blocks=\"8192\"", text, StringComparison.Ordinal);
        await using var promtool = Peer.Start("promtool", ["check", "metrics"]);
        await promtool.WriteLineAsync(text.TrimEnd());
        promtool.CloseInput();
        await promtool.ExitAsync();
        // vLLM's names are not to promtool's taste; anything else would be a mistake in the text.
        Assert.All(promtool.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.EndsWith("metric names should not contain ':'", line, StringComparison.Ordinal));
        Assert.Contains("vllm:time_to_first_token_seconds", promtool.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_WhileRequestsRunAndWait_SayHowMany()
    {
        await using var engine = await EngineFixture.StartAsync(EngineFixture.Instant with { MaxSequences = 1, Speed = new EngineSpeed(DecodeTokensPerSecond: 5) });
        var body = new { model = EngineFixture.Model, prompt = Enumerable.Range(0, 100).ToArray(), max_tokens = 10_000 };
        var requests = Enumerable.Range(0, 3).Select(_ => engine.Client.PostAsJsonAsync("/v1/completions", body)).ToList();

        await Eventually.TrueAsync(() => engine.Host.Statistics is { Running: 1, Waiting: 2 }, "one runs, two wait");

        var text = await engine.Client.GetStringAsync("/metrics");
        Assert.Contains("num_requests_running{engine=\"0\",model_name=\"Qwen3-32B\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("num_requests_waiting{engine=\"0\",model_name=\"Qwen3-32B\"} 2\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("kv_cache_usage_perc{engine=\"0\",model_name=\"Qwen3-32B\"} 0\n", text, StringComparison.Ordinal);
        engine.Client.CancelPendingRequests();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(requests));
        await engine.IdleAsync();
    }
}
