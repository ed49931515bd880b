using System.Text;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.Tests.Tokenization.Requests;

/// <summary>Bodies of <c>/inference/v1/generate</c>.</summary>
public sealed class GenerateParserTests
{
    [Fact]
    public void Parse_WhatRenderAnswers_TokensAndItemsByOffset()
    {
        var parsed = Parse("""
            {"request_id":"r","model":"m","token_ids":[1,2,3,4,5,6],"cache_salt":"s","stream":true,"sampling_params":{"max_tokens":5,"prompt_logprobs":null},
             "features":{"mm_hashes":{"video":["v"],"image":["a","b"]},"mm_placeholders":{"image":[{"offset":0,"length":2},{"offset":4,"length":2}],"video":[{"offset":2,"length":1}]}}}
            """);

        Assert.True(parsed.Try(out var request, out var fault), fault?.ToString());
        var completion = Assert.IsType<CompletionRequest>(request);
        Assert.Equal([1u, 2, 3, 4, 5, 6], Assert.Single(completion.Prompts).Ids!);
        Assert.Equal([new PlacedItem("a", 0, 2), new PlacedItem("v", 2, 1), new PlacedItem("b", 4, 2)], completion.Items);
        Assert.Equal(("m", "s", true, false, false), (completion.Model, completion.CacheSalt, completion.Stream, completion.AddSpecialTokens, completion.ComputesWholePrompt));
    }

    [Theory]
    [InlineData("""{"model":"m"}""", "token_ids")]
    [InlineData("""{"model":"m","token_ids":[]}""", "token_ids is an empty array")]
    [InlineData("""{"model":"m","token_ids":["a"]}""", "token_ids[0]")]
    [InlineData("""{"model":"m","token_ids":[1],"features":{"mm_hashes":{}}}""", "features")]
    [InlineData("""{"model":"m","token_ids":[1],"features":{"mm_hashes":{"image":["a"]},"mm_placeholders":{}}}""", "features.mm_placeholders.image")]
    [InlineData("""{"model":"m","token_ids":[1],"features":{"mm_hashes":{"image":["a"]},"mm_placeholders":{"image":[]}}}""", "one for each of mm_hashes")]
    [InlineData("""{"model":"m","token_ids":[1],"features":{"mm_hashes":{"image":["a"]},"mm_placeholders":{"image":[{"offset":0,"length":2}]}}}""", "inside the prompt")]
    public void Parse_Wrong_NamesTheField(string body, string expected)
    {
        Assert.False(Parse(body).Try(out _, out var fault));
        Assert.Contains(expected, fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_NoModel_IsNobodysMistake()
    {
        Assert.False(Parse("""{"token_ids":[1]}""").Try(out _, out var fault));
        Assert.IsType<Unsupported>(fault);
    }

    private static Expected<InferenceRequest> Parse(string body) => RequestParser.Parse(Encoding.UTF8.GetBytes(body), RequestKind.Generate);
}
