using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansKvRouter.Tests.Tokenization;

/// <summary>A small <c>tokenizer.json</c>, complete and like Qwen3's, which a test bends to its purpose.</summary>
internal sealed class SmallTokenizer : IDisposable
{
    private const string Pattern = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public SmallTokenizer()
    {
        var vocabulary = new JsonObject();
        var next = 0x100;
        for (var b = 0; b < 0x100; b++)
        {
            var isPrintable = b is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255);
            vocabulary[((char)(isPrintable ? b : next++)).ToString()] = b;
        }

        foreach (var token in new[] { "he", "ll", "hell", "hello", "lo", "Ġhello", "Ġh", "ello" }) vocabulary[token] = vocabulary.Count;
        Json = new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray(),
            ["normalizer"] = new JsonObject { ["type"] = "NFC" },
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(
                    new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = Pattern }, ["behavior"] = "Isolated", ["invert"] = false },
                    ByteLevel()),
            },
            ["post_processor"] = ByteLevel(),
            ["decoder"] = ByteLevel(),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = "",
                ["end_of_word_suffix"] = "",
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = false,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray("l l", "h e", "he ll", "hell o", "l o", "Ġ h", "Ġ hello"),
            },
        };
    }

    public JsonObject Json { get; }

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"{Guid.NewGuid():N}.json");

    public static JsonObject ByteLevel() => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = false, ["use_regex"] = false };

    public SmallTokenizer AddToken(int id, string content, bool single = false, bool left = false, bool right = false, bool normalized = false)
    {
        Json["added_tokens"]!.AsArray().Add(new JsonObject
        {
            ["id"] = id, ["content"] = content, ["single_word"] = single, ["lstrip"] = left, ["rstrip"] = right, ["normalized"] = normalized, ["special"] = true,
        });
        return this;
    }

    public string Save()
    {
        File.WriteAllText(Path, Json.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        return Path;
    }

    public void Dispose() => File.Delete(Path);
}
