using System.Text.Json;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.Tokenization.Files;

/// <summary>A part of <c>tokenizer.json</c> and its path in the file, by which faults name it.</summary>
/// <param name="Value">The part; undefined where it is absent.</param>
/// <param name="Path">For example <c>pre_tokenizer.pretokenizers[0]</c>.</param>
internal readonly record struct Component(JsonElement Value, string Path)
{
    public bool IsAbsent => Value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    /// <summary>What the component calls itself; empty where it does not.</summary>
    public string Type => this["type"].Text ?? "";

    /// <summary>The string; null where it is none.</summary>
    public string? Text => Value.ValueKind == JsonValueKind.String ? Value.GetString() : null;

    /// <summary>Whether it is <c>true</c>.</summary>
    public bool IsTrue => Value.ValueKind == JsonValueKind.True;

    /// <summary>A field, absent where the component is no object.</summary>
    public Component this[string name] =>
        new(Value.ValueKind == JsonValueKind.Object && Value.TryGetProperty(name, out var field) ? field : default, $"{Path}.{name}");

    /// <summary>The items of an array; none where it is no array.</summary>
    public IEnumerable<Component> Items
    {
        get
        {
            if (Value.ValueKind != JsonValueKind.Array) yield break;
            for (var i = 0; i < Value.GetArrayLength(); i++) yield return new Component(Value[i], $"{Path}[{i}]");
        }
    }

    /// <summary>The value is not one that can be tokenized with.</summary>
    public Fault Unsupported(string supported)
    {
        var found = IsAbsent ? "absent" : Text is { } text ? $"\"{text}\"" : Value.GetRawText();
        const int shown = 120;
        if (found.Length > shown) found = found[..shown] + "…";
        return new Fault($"{Path} is {found}, which is not supported", $"supported: {supported}");
    }
}
