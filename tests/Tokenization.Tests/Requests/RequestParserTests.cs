using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.Tests.Tokenization.Requests;

public sealed class RequestParserTests
{
    private const string Chat = """{"model":"m","messages":[{"role":"user","content":"hi"}]}""";

    [Theory]
    [InlineData("/v1/chat/completions", RequestKind.Chat)]
    [InlineData("/v1/completions?a=/v1/chat/completions", RequestKind.Completion)]
    [InlineData("/team/v1/chat/completions", RequestKind.Chat)]
    [InlineData("/inference/v1/generate", RequestKind.Generate)]
    [InlineData("/v1/models", null)]
    [InlineData("/chat/completions", null)]
    [InlineData("", null)]
    public void KindOf_Path_SaysWhatTheBodyIs(string path, RequestKind? kind) => Assert.Equal(kind, RequestPaths.KindOf(path));

    [Fact]
    public void Parse_Chat_TakesEveryField()
    {
        var chat = Assert.IsType<ChatRequest>(Parsed("""
            {"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[],"documents":[{}],"chat_template_kwargs":{"a":1},
             "add_generation_prompt":false,"continue_final_message":true,"reasoning_effort":"low","cache_salt":"s","stream":true,
             "max_tokens":5,"max_completion_tokens":7,"add_special_tokens":true,"truncate_prompt_tokens":-1,"truncation_side":"right","whatever":{}}
            """, RequestKind.Chat));

        Assert.Equal("m", chat.Model);
        Assert.Equal(1, chat.Messages.GetArrayLength());
        Assert.Equal(0, chat.Tools.GetArrayLength());
        Assert.Equal(1, chat.Documents.GetArrayLength());
        Assert.True(chat.TemplateArguments.TryGetProperty("a", out _));
        Assert.False(chat.AddGenerationPrompt);
        Assert.True(chat.ContinueFinalMessage);
        Assert.Equal("low", chat.ReasoningEffort);
        Assert.Equal("s", chat.CacheSalt);
        Assert.True(chat.Stream);
        Assert.Equal(7, chat.MaxTokens);
        Assert.True(chat.AddSpecialTokens);
        Assert.Equal(-1, chat.TruncatePromptTokens);
        Assert.True(chat.TruncateFromRight);
    }

    [Fact]
    public void Parse_FieldsAbsentOrNull_TakesTheDefaults()
    {
        var chat = Assert.IsType<ChatRequest>(Parsed("""{"model":"m","messages":[{"role":"user"}],"tools":null,"stream":null,"max_tokens":null}""", RequestKind.Chat));
        var completion = Parsed("""{"model":"m","prompt":"x"}""", RequestKind.Completion);

        Assert.Null(chat.AddGenerationPrompt);
        Assert.Null(chat.MaxTokens);
        Assert.False(chat.Stream);
        Assert.False(chat.AddSpecialTokens);
        Assert.True(completion.AddSpecialTokens);
    }

    [Theory]
    [InlineData(RequestKind.Completion, "\"prompt_logprobs\":0", true)]
    [InlineData(RequestKind.Chat, "\"prompt_logprobs\":1", true)]
    [InlineData(RequestKind.Completion, "\"echo\":true,\"logprobs\":1", true)]
    [InlineData(RequestKind.Chat, "\"echo\":true", true)]
    [InlineData(RequestKind.Completion, "\"echo\":true", false)]
    [InlineData(RequestKind.Completion, "\"echo\":false,\"logprobs\":1", false)]
    [InlineData(RequestKind.Chat, "\"logprobs\":true,\"top_logprobs\":5", false)]
    [InlineData(RequestKind.Chat, "\"prompt_logprobs\":null", false)]
    [InlineData(RequestKind.Completion, "\"user\":\"prompt_logprobs\"", false)]
    public void Parse_PromptLogprobs_SayThatTheWholePromptIsComputed(RequestKind kind, string fields, bool whole)
    {
        var prompt = kind == RequestKind.Chat ? "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]" : "\"prompt\":\"hi\"";

        Assert.Equal(whole, Parsed($$"""{"model":"m",{{prompt}},{{fields}}}""", kind).ComputesWholePrompt);
    }

    [Theory]
    [InlineData("\"hello\"", "hello")]
    [InlineData("[\"a\",\"\",\"b\"]", "a||b")]
    [InlineData("[1,2.0,\"3\",true,4294967295]", "1 2 3 1 4294967295")]
    [InlineData("[[1,2],[3]]", "1 2|3")]
    [InlineData("[999999999]", "999999999")]
    public void Parse_Prompt_TakesEveryForm(string prompt, string expected)
    {
        var completion = Assert.IsType<CompletionRequest>(Parsed($$"""{"model":"m","prompt":{{prompt}}}""", RequestKind.Completion));

        Assert.Equal(expected, string.Join('|', completion.Prompts.Select(p => p.Text ?? string.Join(' ', p.Ids!))));
    }

    [Theory]
    [InlineData("""{"model":"a","model":"b","messages":[{"role":"user"}]}""", "b")]
    [InlineData("\uFEFF{\"model\":\"b\",\"messages\":[{\"role\":\"user\",\"content\":\"\\ud83d\\udc4b\"}]}", "b")]
    public void Parse_AsPythonReads_LastKeyWins(string body, string model) => Assert.Equal(model, Parsed(body, RequestKind.Chat).Model);

    [Theory]
    [InlineData("", "empty")]
    [InlineData("{", "not valid JSON")]
    [InlineData("{\"model\":}", "line 1, byte 10")]
    [InlineData("{\"model\":NaN}", "not valid JSON")]
    [InlineData("{} x", "not valid JSON")]
    [InlineData("[]", "the body is an array")]
    [InlineData("null", "the body is null")]
    [InlineData("""{"messages":[{"role":"user"}]}""", "model is missing")]
    [InlineData("""{"model":"","messages":[{"role":"user"}]}""", "model is the string \"\"")]
    [InlineData("""{"model":5,"messages":[{"role":"user"}]}""", "model is the number 5")]
    [InlineData("""{"model":null,"messages":[{"role":"user"}]}""", "model is missing")]
    [InlineData("""{"model":"m"}""", "messages is missing")]
    [InlineData("""{"model":"m","messages":[]}""", "messages is an empty array")]
    [InlineData("""{"model":"m","messages":"hi"}""", "messages is the string")]
    [InlineData("""{"model":"m","messages":[{"role":"user"},3]}""", "messages[1] is the number 3")]
    [InlineData("""{"model":"m","messages":[{"content":"x"}]}""", "messages[0].role is missing")]
    [InlineData("""{"model":"m","messages":[{"role":7}]}""", "messages[0].role is the number 7")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}],"tools":{}}""", "tools is an object")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}],"stream":"maybe"}""", "stream is the string")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}],"max_tokens":1.5}""", "max_tokens is the number 1.5")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}],"max_tokens":-1}""", "max_tokens is the number -1")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}],"truncate_prompt_tokens":-2}""", "truncate_prompt_tokens is the number -2")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}],"truncation_side":"up"}""", "truncation_side is the string \"up\"")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}],"cache_salt":""}""", "cache_salt is the string \"\"")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}],"chat_template":"x"}""", "chat_template")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}],"chat_template_kwargs":[]}""", "chat_template_kwargs is an array")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}],"continue_final_message":true,"add_generation_prompt":true}""", "continue_final_message")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"\ud800"}]}""", "surrogate")]
    public void Parse_BadChat_FaultNamesTheField(string body, string named) => AssertFault(Encoding.UTF8.GetBytes(body), RequestKind.Chat, named);

    [Theory]
    [InlineData("""{"model":"m"}""", "prompt is missing")]
    [InlineData("""{"model":"m","prompt":null}""", "prompt is missing")]
    [InlineData("""{"model":"m","prompt":""}""", "prompt is the string \"\"")]
    [InlineData("""{"model":"m","prompt":5}""", "prompt is the number 5")]
    [InlineData("""{"model":"m","prompt":{}}""", "prompt is an object")]
    [InlineData("""{"model":"m","prompt":[]}""", "prompt is an empty array")]
    [InlineData("""{"model":"m","prompt":[1,-2]}""", "prompt[1] is the number -2")]
    [InlineData("""{"model":"m","prompt":[4294967296]}""", "prompt[0] is the number 4294967296")]
    [InlineData("""{"model":"m","prompt":[1.5]}""", "prompt[0] is the number 1.5")]
    [InlineData("""{"model":"m","prompt":[1,"a"]}""", "prompt[1] is the string \"a\"")]
    [InlineData("""{"model":"m","prompt":[[1],[]]}""", "prompt[1] is an empty array")]
    [InlineData("""{"model":"m","prompt":[[1],[2,null]]}""", "prompt[1][1] is null")]
    [InlineData("""{"model":"m","prompt":[[[1]]]}""", "prompt[0][0] is an array")]
    [InlineData("""{"model":"m","prompt_embeds":"AAAA"}""", "prompt_embeds")]
    public void Parse_BadCompletion_FaultNamesTheField(string body, string named) => AssertFault(Encoding.UTF8.GetBytes(body), RequestKind.Completion, named);

    [Fact]
    public void Parse_NestedDeeply_Fault()
    {
        var deep = Encoding.UTF8.GetBytes("""{"model":"m","messages":""" + new string('[', 10_000) + new string(']', 10_000) + "}");

        AssertFault(deep, RequestKind.Chat, "depth");
    }

    [Fact]
    public void Parse_InvalidUtf8_FaultSaysWhere()
    {
        byte[] body = [.. "{\"model\":\"m"u8, 0xC3, 0x28, .. "\"}"u8];

        AssertFault(body, RequestKind.Chat, "not valid UTF-8 at byte 12");
    }

    [Fact]
    public void Parse_MutatedBody_GivesARequestOrAFault()
    {
        var original = Encoding.UTF8.GetBytes(Chat);
        var mutations = ArbMap.Default.ArbFor<(ushort At, byte With, bool Insert)[]>();
        Prop.ForAll(mutations, changes =>
        {
            var body = original.ToList();
            foreach (var (at, with, insert) in changes)
            {
                if (insert) body.Insert(at % (body.Count + 1), with);
                else if (body.Count > 0) body[at % body.Count] = with;
            }

            foreach (var kind in Enum.GetValues<RequestKind>())
            {
                var parsed = RequestParser.Parse(body.ToArray(), kind);
                Assert.True(parsed.Fault is null != parsed.Value is null);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static InferenceRequest Parsed(string body, RequestKind kind)
    {
        Assert.True(RequestParser.Parse(Encoding.UTF8.GetBytes(body), kind).Try(out var request, out var fault), $"{fault}");
        return request;
    }

    private static void AssertFault(byte[] body, RequestKind kind, string named)
    {
        var fault = RequestParser.Parse(body, kind).Fault;
        Assert.NotNull(fault);
        Assert.Contains(named, fault.What, StringComparison.Ordinal);
    }
}
