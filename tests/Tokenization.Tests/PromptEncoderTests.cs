using System.Text;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.Tests.Tokenization;

public sealed class PromptEncoderTests
{
    private static readonly ModelAssets Model = new("m", new Letters(), new Upper());

    [Theory]
    [InlineData("[[1,2,3],[4,5]]", "", "1 2 3|4 5")]
    [InlineData("[\"ab\",\"c\"]", "", "0 97 98|0 99")]
    [InlineData("[\"ab\",\"c\"]", ",\"add_special_tokens\":false", "97 98|99")]
    [InlineData("[[1,2,3],[4,5],[6]]", ",\"truncate_prompt_tokens\":2", "2 3|4 5|6")]
    [InlineData("[[1,2,3],[4,5],[6]]", ",\"truncate_prompt_tokens\":2,\"truncation_side\":\"right\"", "1 2|4 5|6")]
    [InlineData("[[1,2,3],[4]]", ",\"truncate_prompt_tokens\":0", "|")]
    [InlineData("[[1,2,3]]", ",\"truncate_prompt_tokens\":-1", "1 2 3")]
    public void Encode_Completion_EachPromptHasItsIds(string prompt, string fields, string expected) =>
        Assert.Equal(expected, Encode($$"""{"model":"m","prompt":{{prompt}}{{fields}}}""", RequestKind.Completion));

    [Theory]
    [InlineData("", "65")]
    [InlineData(",\"add_special_tokens\":true", "0 65")]
    public void Encode_Chat_IsOnePrompt(string fields, string expected) =>
        Assert.Equal(expected, Encode($$"""{"model":"m","messages":[{"role":"user","content":"x"}]{{fields}}}""", RequestKind.Chat));

    [Fact]
    public void Tokenize_Again_ReplacesWhatWasThere()
    {
        var prompts = new EncodedPrompts();
        PromptEncoder.Encode(Parse("""{"model":"m","prompt":[[1,2],[3]]}""", RequestKind.Completion), Model, prompts);
        PromptEncoder.Encode(Parse("""{"model":"m","prompt":[7]}""", RequestKind.Completion), Model, prompts);

        Assert.Equal("7", Text(prompts));
        Assert.Equal(1, prompts.TotalTokens);
    }

    private static string Encode(string body, RequestKind kind)
    {
        var prompts = new EncodedPrompts();
        Assert.Null(PromptEncoder.Encode(Parse(body, kind), Model, prompts));
        return Text(prompts);
    }

    private static string Text(EncodedPrompts prompts) =>
        string.Join('|', Enumerable.Range(0, prompts.Count).Select(i => string.Join(' ', prompts[i].ToArray())));

    private static InferenceRequest Parse(string body, RequestKind kind) => RequestParser.Parse(Encoding.UTF8.GetBytes(body), kind).Value!;

    /// <summary>A token for each letter, and 0 in front.</summary>
    private sealed class Letters : ITokenizer
    {
        public int VocabularySize => 128;

        public void Encode(ReadOnlySpan<char> text, bool addSpecialTokens, TokenBuffer into)
        {
            if (addSpecialTokens) into.Add(0u);
            foreach (var letter in text) into.Add(letter);
        }

        public string Decode(ReadOnlySpan<uint> ids) => string.Concat(ids.ToArray().Select(id => (char)id));
    }

    private sealed class Upper : IChatTemplate
    {
        public Expected<string> Render(ChatRequest request) => "A";
    }
}
