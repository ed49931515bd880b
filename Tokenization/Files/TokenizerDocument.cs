using System.Text.Json;
using System.Text.Unicode;

namespace OrleansKvRouter.Tokenization.Files;

/// <summary>
/// A <c>tokenizer.json</c> cut into its parts. The two large ones, vocabulary and merges, stay as ranges of bytes and
/// are read in one pass each: as a document they would take ten times their size.
/// </summary>
internal sealed class TokenizerDocument
{
    private readonly byte[] _json;
    private readonly Dictionary<string, Component> _parts = [];
    private readonly Dictionary<string, Range> _tables = [];

    /// <exception cref="JsonException">The bytes are not a JSON object in UTF-8.</exception>
    public TokenizerDocument(byte[] json)
    {
        if (!Utf8.IsValid(json)) throw new JsonException("it is not valid UTF-8");
        _json = json;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        ReadObject(ref reader, "");
        // Nothing may follow, which only reading on tells.
        reader.Read();
    }

    /// <summary>A part by its path, such as <c>normalizer</c> or <c>model.type</c>; an absent component where the file has none.</summary>
    public Component this[string path] => _parts.GetValueOrDefault(path, new Component(default, path));

    /// <summary>A reader on <c>model.vocab</c> or <c>model.merges</c>, before its first token; false where the file has none.</summary>
    public bool TryReadTable(string path, out Utf8JsonReader reader)
    {
        var exists = _tables.TryGetValue(path, out var range);
        reader = exists ? new Utf8JsonReader(_json.AsSpan(range)) : default;
        return exists;
    }

    private void ReadObject(ref Utf8JsonReader reader, string prefix)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException($"{(prefix.Length == 0 ? "the file" : prefix)} is no object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var path = prefix + reader.GetString();
            reader.Read();
            if (path == "model")
            {
                ReadObject(ref reader, "model.");
            }
            else if (path is "model.vocab" or "model.merges")
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                _tables[path] = start..(int)reader.BytesConsumed;
            }
            else
            {
                _parts[path] = new Component(JsonElement.ParseValue(ref reader), path);
            }
        }
    }
}
