using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.Tests.EngineSim.Serving;

public sealed class CompletionTests
{
    private const string Text = "The quick brown fox jumps over the lazy dog while the cat looks on and wonders what all this fuss is about.";

    [Fact]
    public async Task Completions_Plain_AnswersInOpenAisForm()
    {
        await using var engine = await EngineFixture.StartAsync();

        var answer = await engine.CompleteAsync(new { model = EngineFixture.Model, prompt = Text, max_tokens = 5 });

        Assert.StartsWith("cmpl-", answer.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal("text_completion", answer.GetProperty("object").GetString());
        Assert.Equal(EngineFixture.Model, answer.GetProperty("model").GetString());
        var choice = Assert.Single(answer.GetProperty("choices").EnumerateArray());
        Assert.Equal("length", choice.GetProperty("finish_reason").GetString());
        var prompt = Count(Text);
        AssertUsage(answer, prompt, 5, cached: 0);
        Assert.Equal(5, Count(choice.GetProperty("text").GetString()!));
    }

    [Fact]
    public async Task Completions_SameRequestTwice_AnswersTheSameAndReportsTheCachedPrefix()
    {
        await using var engine = await EngineFixture.StartAsync();
        var request = new { model = EngineFixture.Model, prompt = Text, max_tokens = 3 };

        var first = await engine.CompleteAsync(request);
        var second = await engine.CompleteAsync(request);

        Assert.Equal(TextOf(first), TextOf(second));
        AssertUsage(second, Count(Text), 3, cached: (Count(Text) - 1) / 16 * 16);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    public async Task Completions_AnswerSentBack_TheGeneratedBlocksAreHits(string ending)
    {
        await using var engine = await EngineFixture.StartAsync();
        var prompt = Text + ending;
        var first = await engine.CompleteAsync(new { model = EngineFixture.Model, prompt, max_tokens = 40 });

        var second = await engine.CompleteAsync(new { model = EngineFixture.Model, prompt = prompt + TextOf(first) + "\nGo on!" });

        // The last token of an answer is never computed, so the prompt and 39 tokens are what can be held.
        Assert.Equal((Count(prompt) + 39) / 16 * 16, Cached(second));
    }

    [Fact]
    public async Task Completions_SeveralPrompts_AnswersEachAtItsIndex()
    {
        await using var engine = await EngineFixture.StartAsync();
        uint[][] prompts = [[1, 2, 3], [4, 5, 6, 7]];

        var answer = await engine.CompleteAsync(new { model = EngineFixture.Model, prompt = prompts, max_tokens = 2 });
        var alone = await engine.CompleteAsync(new { model = EngineFixture.Model, prompt = prompts[1], max_tokens = 2 });

        var choices = answer.GetProperty("choices").EnumerateArray().ToList();
        Assert.Equal([0, 1], choices.Select(choice => choice.GetProperty("index").GetInt32()));
        Assert.Equal(TextOf(alone), choices[1].GetProperty("text").GetString());
        AssertUsage(answer, 7, 4, cached: 0);
    }

    [Fact]
    public async Task Chat_Plain_AnswersWithAMessage()
    {
        await using var engine = await EngineFixture.StartAsync();

        var answer = await engine.ChatAsync(new { model = EngineFixture.Model, messages = new[] { new { role = "user", content = "Hi" } } });

        Assert.StartsWith("chatcmpl-", answer.GetProperty("id").GetString(), StringComparison.Ordinal);
        var message = answer.GetProperty("choices")[0].GetProperty("message");
        Assert.Equal("assistant", message.GetProperty("role").GetString());
        Assert.Equal(16, Count(message.GetProperty("content").GetString()!));
        Assert.Equal(16, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task Chat_Streamed_EndsWithUsageAndDoneAndSaysWhatThePlainAnswerSays()
    {
        await using var engine = await EngineFixture.StartAsync();
        var messages = new[] { new { role = "user", content = Text } };
        var plain = await engine.ChatAsync(new { model = EngineFixture.Model, messages, max_tokens = 6 });

        var events = await engine.StreamAsync(
            "/v1/chat/completions",
            new { model = EngineFixture.Model, messages, max_tokens = 6, stream = true, stream_options = new { include_usage = true } });

        Assert.Equal("[DONE]", events[^1]);
        var chunks = events.SkipLast(1).Select(e => JsonDocument.Parse(e).RootElement).ToList();
        Assert.All(chunks, chunk => Assert.Equal("chat.completion.chunk", chunk.GetProperty("object").GetString()));
        Assert.Equal("assistant", Delta(chunks[0]).GetProperty("role").GetString());
        Assert.Equal(
            plain.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString(),
            string.Concat(chunks.SkipLast(1).Select(chunk => Delta(chunk).GetProperty("content").GetString())));
        Assert.Equal("length", chunks[^2].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Empty(chunks[^1].GetProperty("choices").EnumerateArray());
        var prompt = plain.GetProperty("usage").GetProperty("prompt_tokens").GetInt32();
        AssertUsage(chunks[^1], prompt, 6, cached: (prompt - 1) / 16 * 16);
    }

    [Fact]
    public async Task Completions_StreamedWithoutStreamOptions_HasNoUsage()
    {
        await using var engine = await EngineFixture.StartAsync();

        var events = await engine.StreamAsync("/v1/completions", new { model = EngineFixture.Model, prompt = Text, max_tokens = 2, stream = true });

        Assert.Equal(3, events.Count);
        Assert.DoesNotContain(events, e => e.Contains("usage", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Completions_AnyAnswer_NamesItsEngineAndKeepsTheRequestId()
    {
        await using var engine = await EngineFixture.StartAsync(EngineFixture.Instant with { Name = "engine-7" });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions");
        request.Headers.Add("x-request-id", "abc-1");
        request.Content = JsonContent.Create(new { model = EngineFixture.Model, prompt = Text });

        using var response = await engine.Client.SendAsync(request);

        Assert.Equal("engine-7", Assert.Single(response.Headers.GetValues("x-inference-pod")));
        Assert.Equal("cmpl-abc-1", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("{", "not valid JSON")]
    [InlineData("[]", "an array")]
    [InlineData("""{"prompt":"x"}""", "model")]
    [InlineData("""{"model":"Qwen3-32B"}""", "prompt")]
    [InlineData("""{"model":"Qwen3-32B","prompt":"x","max_tokens":0}""", "max_tokens")]
    [InlineData("""{"model":"Qwen3-32B","prompt":"x","n":2}""", "n:")]
    [InlineData("""{"model":"Qwen3-32B","prompt":"x","stream_options":{"include_usage":true}}""", "stream_options")]
    [InlineData("""{"model":"Qwen3-32B","prompt":"x","max_tokens":131073}""", "maximum context length")]
    [InlineData("""{"model":"Qwen3-32B","prompt":"x","max_tokens":99999999999}""", "maximum context length")]
    public async Task Completions_BadRequest_Is400AndNamesWhatIsWrong(string body, string named)
    {
        await using var engine = await EngineFixture.StartAsync();

        using var response = await engine.PostRawAsync("/v1/completions", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        Assert.Equal(400, error.GetProperty("code").GetInt32());
        Assert.Equal("BadRequestError", error.GetProperty("type").GetString());
        Assert.Contains(named, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Completions_DeeplyNestedIgnoredField_IsAnswered()
    {
        await using var engine = await EngineFixture.StartAsync();
        var nested = new string('[', 100) + new string(']', 100);

        using var response = await engine.PostRawAsync("/v1/completions", $"\uFEFF{{\"metadata\":{nested},\"model\":\"Qwen3-32B\",\"prompt\":\"x\"}}");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Completions_UnknownModel_Is404()
    {
        await using var engine = await EngineFixture.StartAsync();

        using var response = await engine.PostRawAsync("/v1/completions", """{"model":"gpt-5","prompt":"x"}""");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        Assert.Equal("The model `gpt-5` does not exist.", error.GetProperty("message").GetString());
    }

    internal static int Count(string text)
    {
        var ids = new TokenBuffer();
        EngineFixture.Assets.Tokenizer.Encode(text, addSpecialTokens: true, ids);
        return ids.Count;
    }

    internal static int Cached(JsonElement answer) =>
        answer.GetProperty("usage").GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32();

    private static JsonElement Delta(JsonElement chunk) => chunk.GetProperty("choices")[0].GetProperty("delta");

    private static string TextOf(JsonElement answer) => answer.GetProperty("choices")[0].GetProperty("text").GetString()!;

    private static void AssertUsage(JsonElement answer, int prompt, int completion, int cached)
    {
        var usage = answer.GetProperty("usage");
        Assert.Equal(
            (prompt, completion, prompt + completion, cached),
            (usage.GetProperty("prompt_tokens").GetInt32(), usage.GetProperty("completion_tokens").GetInt32(), usage.GetProperty("total_tokens").GetInt32(), Cached(answer)));
    }
}
