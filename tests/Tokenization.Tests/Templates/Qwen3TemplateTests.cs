using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansKvRouter.Tests.Support;
using OrleansKvRouter.Tests.Tokenization.Jinja;
using OrleansKvRouter.Tokenization;
using OrleansKvRouter.Tokenization.Requests;
using OrleansKvRouter.Tokenization.Templates;

namespace OrleansKvRouter.Tests.Tokenization.Templates;

/// <summary>The real template, against Jinja2 and against golden texts.</summary>
public sealed class Qwen3TemplateTests(JinjaOracle oracle) : IClassFixture<JinjaOracle>
{
    private const int Chats = 300;
    private const int Seed = 20260301;
    private static readonly IChatTemplate Template = TemplateFiles.Load(Repository.Qwen3, TimeProvider.System).Value!;

    public static TheoryData<string> GoldenCases => [.. Golden().EnumerateObject().Select(c => c.Name)];

    [Fact]
    public async Task Render_GeneratedChats_EqualJinja2()
    {
        var generator = new ChatGenerator(Seed);
        JsonObject[] bodies = [.. Enumerable.Range(0, Chats).Select(_ => generator.Next())];
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Qwen3, "tokenizer_config.json")));
        var load = new { load = config.RootElement.GetProperty("chat_template").GetString() };
        var answers = await oracle.RenderAllAsync([load, .. bodies.Select(chat => (object)new { template = "", chat })]);

        for (var i = 0; i < Chats; i++)
        {
            var (expected, error) = answers[i + 1];
            Assert.True(error is null, $"chat {i} (seed {Seed}): {error}");
            var rendered = Template.Render(Parse(bodies[i].ToJsonString()));
            Assert.True(rendered.Value == expected, $"chat {i} (seed {Seed}): {bodies[i].ToJsonString(new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })}\nJinja2: {expected}\nhere: {rendered.Value} {rendered.Fault}");
        }
    }

    [Theory]
    [MemberData(nameof(GoldenCases))]
    public void Render_GoldenChat_EqualsItsText(string name)
    {
        var golden = Golden().GetProperty(name);
        var arguments = golden.GetProperty("kw").EnumerateObject().ToLookup(kw => kw.Name == "add_generation_prompt");
        var body = JsonSerializer.Serialize(new
        {
            model = "m",
            messages = golden.GetProperty("messages"),
            tools = golden.TryGetProperty("tools", out var tools) ? tools : (JsonElement?)null,
            add_generation_prompt = arguments[true].Select(kw => kw.Value.GetBoolean()).FirstOrDefault(true),
            chat_template_kwargs = arguments[false].ToDictionary(kw => kw.Name, kw => kw.Value),
        });

        Assert.Equal(golden.GetProperty("text").GetString(), Template.Render(Parse(body)).Value);
    }

    [Fact]
    public void Render_LongChat_AllocatesItsTextTwiceAndLittleMore()
    {
        var messages = Enumerable.Range(0, 100).Select(i => new { role = i % 2 == 0 ? "user" : "assistant", content = $"{i} {new string('x', 250)}" });
        var chat = Parse(JsonSerializer.Serialize(new { model = "m", messages }));
        var length = Template.Render(chat).Value!.Length;

        // UTF-16: once as the messages' contents, once as the prompt; about 500 bytes a message are the interpreter's.
        var budget = (4 * length) + (1000 * 100);
        Assert.InRange(Allocations.Least(() => Template.Render(chat), budget), 2 * length, budget);
    }

    private static ChatRequest Parse(string body)
    {
        var parsed = RequestParser.Parse(System.Text.Encoding.UTF8.GetBytes(body), RequestKind.Chat);
        Assert.True(parsed.Try(out var request, out var fault), $"{fault}");
        return (ChatRequest)request;
    }

    private static JsonElement Golden()
    {
        using var vectors = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Oracles, "vectors.json")));
        return vectors.RootElement.GetProperty("tokenization_qwen3").GetProperty("cases").Clone();
    }
}
