using System.Text.Json.Nodes;
using OrleansKvRouter.Tests.Support;
using OrleansKvRouter.Tests.Tokenization.Texts;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.Tests.Tokenization.Files;

public sealed class TokenizerFileTests
{
    [Fact]
    public async Task Load_SmallFile_EqualsHuggingFace()
    {
        using var file = new SmallTokenizer();
        await AssertEqualsHuggingFaceAsync(file);
    }

    [Fact]
    public async Task Load_MergesAsPairs_EqualsHuggingFace()
    {
        using var file = new SmallTokenizer();
        var model = file.Json["model"]!;
        model["merges"] = new JsonArray([.. model["merges"]!.AsArray().Select(m => (JsonNode)new JsonArray([.. m!.GetValue<string>().Split(' ').Select(t => (JsonNode)t)]))]);
        await AssertEqualsHuggingFaceAsync(file);
    }

    [Fact]
    public async Task Load_IgnoreMerges_EqualsHuggingFace()
    {
        using var file = new SmallTokenizer();
        file.Json["model"]!["ignore_merges"] = true;
        await AssertEqualsHuggingFaceAsync(file);
    }

    [Fact]
    public async Task Load_NoNormalizerAndThreeDigits_EqualsHuggingFace()
    {
        using var file = new SmallTokenizer();
        file.Json["normalizer"] = null;
        var pattern = file.Json["pre_tokenizer"]!["pretokenizers"]![0]!["pattern"]!;
        pattern["Regex"] = pattern["Regex"]!.GetValue<string>().Replace(@"|\p{N}|", @"|\p{N}{1,3}|", StringComparison.Ordinal);
        await AssertEqualsHuggingFaceAsync(file);
    }

    [Fact]
    public async Task Load_TemplateProcessing_EqualsHuggingFace()
    {
        using var file = new SmallTokenizer().AddToken(264, "<s>").AddToken(265, "</s>");
        file.Json["post_processor"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["processors"] = new JsonArray(
                SmallTokenizer.ByteLevel(),
                JsonNode.Parse("""
                    {"type": "TemplateProcessing",
                     "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
                     "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                     "special_tokens": {"<s>": {"id": "<s>", "ids": [264], "tokens": ["<s>"]}, "</s>": {"id": "</s>", "ids": [265], "tokens": ["</s>"]}}}
                    """)),
        };
        await AssertEqualsHuggingFaceAsync(file);
        Assert.Equal([264u, 104, 265], Tokenizers.Value(TokenizerFile.Load(file.Path)).Ids("h", special: true));
    }

    [Theory]
    [InlineData("normalizer.type", "\"NFKC\"", "normalizer.type is \"NFKC\"")]
    [InlineData("pre_tokenizer.type", "\"Metaspace\"", "pre_tokenizer.type is \"Metaspace\"")]
    [InlineData("pre_tokenizer.pretokenizers.0.type", "\"Digits\"", "pre_tokenizer.pretokenizers[0].type is \"Digits\"")]
    [InlineData("pre_tokenizer.pretokenizers.0.behavior", "\"Removed\"", "pre_tokenizer.pretokenizers[0].behavior is \"Removed\"")]
    [InlineData("pre_tokenizer.pretokenizers.0.invert", "true", "pre_tokenizer.pretokenizers[0].invert is true")]
    [InlineData("pre_tokenizer.pretokenizers.0.pattern", "{\"Regex\": \"a+\"}", "pre_tokenizer.pretokenizers[0].pattern.Regex is \"a+\"")]
    [InlineData("pre_tokenizer.pretokenizers.0.pattern", "{\"String\": \" \"}", "pre_tokenizer.pretokenizers[0].pattern.Regex is absent")]
    [InlineData("pre_tokenizer.pretokenizers.1.use_regex", "true", "pre_tokenizer.pretokenizers[1].use_regex is true")]
    [InlineData("pre_tokenizer.pretokenizers.1.add_prefix_space", "true", "pre_tokenizer.pretokenizers[1].add_prefix_space is true")]
    [InlineData("pre_tokenizer.pretokenizers", "[]", "pre_tokenizer.pretokenizers is []")]
    [InlineData("post_processor.type", "\"BertProcessing\"", "post_processor.type is \"BertProcessing\"")]
    [InlineData("decoder.type", "\"Fuse\"", "decoder.type is \"Fuse\"")]
    [InlineData("decoder", "null", "decoder.type is absent")]
    [InlineData("model.type", "\"Unigram\"", "model.type is \"Unigram\"")]
    [InlineData("model.dropout", "0.5", "model.dropout is 0.5")]
    [InlineData("model.end_of_word_suffix", "\"</w>\"", "model.end_of_word_suffix is \"</w>\"")]
    [InlineData("model.vocab", "[]", "model.vocab is not an object")]
    [InlineData("model.vocab", "{\"a\": -1}", "model.vocab: entry 0 is not an id")]
    [InlineData("model.vocab", "{\"a\": 1}", "model.vocab has no token for the byte 0x00")]
    [InlineData("model.merges", "{}", "model.merges is not an array")]
    [InlineData("model.merges", "[\"l l\", \"abc\"]", "model.merges[1] is not a pair of tokens")]
    [InlineData("model.merges", "[[\"l\", \"l\", \"o\"]]", "model.merges[0] is not a pair of tokens")]
    [InlineData("model.merges", "[\"x y\"]", "model.merges[0] has a token that is not in model.vocab")]
    [InlineData("added_tokens", "[{\"id\": 300}]", "added_tokens[0].content is absent")]
    public void Load_UnsupportedPart_FaultNamesItsPath(string path, string json, string what)
    {
        using var file = new SmallTokenizer();
        var steps = path.Split('.');
        JsonNode part = file.Json;
        foreach (var step in steps[..^1]) part = char.IsAsciiDigit(step[0]) ? part[step[0] - '0']! : part[step]!;
        part[steps[^1]] = JsonNode.Parse(json);

        Assert.False(TokenizerFile.Load(file.Save()).Try(out _, out var fault));
        Assert.StartsWith($"{file.Path}: {what}", fault!.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{} {}")]
    [InlineData("{\"model\": 1}")]
    [InlineData("{\"model\": {\"vocab\": {")]
    [InlineData("not JSON")]
    [InlineData("{\"normalizer\": {\"type\": \"\\udfff\"}}")]
    public void Load_NotATokenizerFile_Fault(string content)
    {
        using var file = new SmallTokenizer();
        File.WriteAllText(file.Path, content);
        Assert.False(TokenizerFile.Load(file.Path).Try(out _, out var fault));
        Assert.Contains(file.Path, fault!.What, StringComparison.Ordinal);
        Assert.Contains("not a tokenizer.json", fault.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_InvalidUtf8_Fault()
    {
        using var file = new SmallTokenizer();
        File.WriteAllBytes(file.Path, [.. "{\"model\": {\"vocab\": {\""u8, 0xC4, .. "\": 1}}}"u8]);
        Assert.False(TokenizerFile.Load(file.Path).Try(out _, out var fault));
        Assert.Equal($"{file.Path} is not a tokenizer.json: it is not valid UTF-8", fault!.What);
    }

    [Theory]
    [InlineData("/nowhere/tokenizer.json")]
    [InlineData("/tmp/no-such-tokenizer.json")]
    public void Load_MissingFile_Fault(string path)
    {
        Assert.False(TokenizerFile.Load(path).Try(out _, out var fault));
        Assert.Equal($"{path} does not exist", fault!.What);
    }

    [Fact]
    public void Load_Folder_Fault() => Assert.False(TokenizerFile.Load(Path.GetTempPath()).Try(out _, out _));

    private static async Task AssertEqualsHuggingFaceAsync(SmallTokenizer file)
    {
        string[] texts = ["hello", " hello", "hellohello", "he ll lo ello", "12345 1a22", "e\u0301", "", .. new TextGenerator(seed: 8).Take(380)];
        var tokenizer = Tokenizers.Value(TokenizerFile.Load(file.Save()));
        await using var huggingFace = new HuggingFace(file.Path);
        tokenizer.AssertSameIds(texts, await huggingFace.EncodeAsync(texts));
        tokenizer.AssertSameIds(texts, await huggingFace.EncodeAsync(texts, special: true), special: true);
    }
}
