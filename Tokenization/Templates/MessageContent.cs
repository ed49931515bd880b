using System.Text.Json;
using OrleansKvRouter.Tokenization.Jinja;
using OrleansKvRouter.Tokenization.Jinja.Values;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.Tokenization.Templates;

/// <summary>A message's content as vLLM hands it to the template: one string, or a list of parts.</summary>
internal static class MessageContent
{
    /// <summary>The fields of the part types that vLLM knows; every other field of a text part stays with it.</summary>
    private static readonly HashSet<string> KnownFields =
    [
        "type", "text", "refusal", "thinking", "closed", "name", "tool_reference", "uuid", "data", "file",
        "image_url", "image_pil", "image_embeds", "input_audio", "audio_url", "audio_embeds", "video_url", "video_embeds", "prompt_embeds",
    ];

    public static object Of(JsonElement content, ContentFormat format, string where)
    {
        switch (content.ValueKind)
        {
            case JsonValueKind.Undefined or JsonValueKind.Null:
                return format == ContentFormat.String ? "" : PyList.Empty;
            case JsonValueKind.String:
                var text = content.GetString()!;
                return format == ContentFormat.String ? text : new PyList([TextPart(text)]);
            case JsonValueKind.Array:
                return format == ContentFormat.String ? Joined(content, where) : Parts(content, where);
            default:
                throw new TemplateException($"{where} is {Json.Describe(content)}; it must be a string or an array of parts");
        }
    }

    /// <summary>The texts of a list of parts, a line each; null when a part is something else.</summary>
    public static string? Flattened(PyList parts)
    {
        var texts = new List<string>();
        foreach (var part in parts.Items)
        {
            if (part is not PyDict dict || dict["type"] is not "text") return null;
            texts.Add(Text.Str(dict["text"]));
        }

        return string.Join('\n', texts);
    }

    private static string Joined(JsonElement content, string where)
    {
        var texts = new List<string>();
        foreach (var part in content.EnumerateArray())
        {
            // vLLM drops empty texts here, but keeps them as parts.
            if (Part(part, $"{where}[{texts.Count}]").Text is { Length: > 0 } text) texts.Add(text);
        }

        return string.Join('\n', texts);
    }

    private static PyList Parts(JsonElement content, string where)
    {
        var parts = new List<object?>();
        foreach (var element in content.EnumerateArray())
        {
            var (text, isToolReference) = Part(element, $"{where}[{parts.Count}]");
            if (text is null) continue;
            parts.Add(isToolReference ? ToolReference(text) : TextPart(text, element));
        }

        return new PyList([.. parts]);
    }

    /// <summary>The text of a part; null for a text part that has none.</summary>
    private static (string? Text, bool IsToolReference) Part(JsonElement part, string where)
    {
        if (part.ValueKind == JsonValueKind.String) return (part.GetString(), false);
        if (part.ValueKind != JsonValueKind.Object) throw new TemplateException($"{where} is {Json.Describe(part)}; it must be a string or an object");
        var type = part.TryGetProperty("type", out var named) ? named : default;
        if (type.ValueKind != JsonValueKind.String) throw new TemplateException($"{where}.type is {Json.Describe(type)}; it must be a string");
        var field = type.GetString() switch
        {
            "text" or "input_text" or "output_text" => "text",
            "refusal" => "refusal",
            "thinking" => "thinking",
            "tool_reference" => "name",
            var other => throw NotText(other!, where),
        };
        if (!part.TryGetProperty(field, out var value) || value.ValueKind == JsonValueKind.Null) return (null, false);
        if (value.ValueKind != JsonValueKind.String) throw new TemplateException($"{where}.{field} is {Json.Describe(value)}; it must be a string");
        return (value.GetString(), field == "name");
    }

    /// <summary>A part of another kind: an engine may well understand it, but only the engine knows which tokens it becomes.</summary>
    private static TemplateException NotText(string type, string where) => KnownFields.Contains(type)
        ? new TemplateException($"{where} is a part of type '{type}': what is not text needs the engine's own rendering") { IsUnsupported = true }
        : new TemplateException($"{where} is a part of the unknown type '{type}'");

    private static PyDict TextPart(string text, JsonElement source = default)
    {
        var part = new PyDict();
        part.Set("type", "text");
        part.Set("text", text);
        if (source.ValueKind != JsonValueKind.Object) return part;
        foreach (var property in source.EnumerateObject())
        {
            if (!KnownFields.Contains(property.Name)) part.Set(property.Name, JsonValues.Of(property.Value));
        }

        return part;
    }

    private static PyDict ToolReference(string name)
    {
        var part = new PyDict();
        part.Set("type", "tool_reference");
        part.Set("name", name);
        return part;
    }
}
