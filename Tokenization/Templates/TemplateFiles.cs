using System.Text.Json;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.Tokenization.Templates;

/// <summary>The chat template and the special tokens that a model's folder defines.</summary>
internal static class TemplateFiles
{
    private static readonly string[] SpecialTokenNames = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    /// <summary>The template of <c>chat_template.jinja</c>, else of <c>tokenizer_config.json</c>.</summary>
    public static Expected<IChatTemplate> Load(string folder, TimeProvider clock)
    {
        var configPath = Path.Combine(folder, "tokenizer_config.json");
        var templatePath = Path.Combine(folder, "chat_template.jinja");
        try
        {
            using var config = File.Exists(configPath) ? JsonDocument.Parse(File.ReadAllBytes(configPath)) : JsonDocument.Parse("{}");
            if (config.RootElement.ValueKind != JsonValueKind.Object) return new Fault($"{configPath} is not a JSON object");
            var specialTokens = SpecialTokens(config.RootElement);
            if (File.Exists(templatePath)) return Parse(File.ReadAllText(templatePath), templatePath, specialTokens, clock);
            if (!config.RootElement.TryGetProperty("chat_template", out var template) || template.ValueKind == JsonValueKind.Null)
            {
                return new Fault($"the model has no chat template: there is no {templatePath}, and {configPath} has no chat_template", "add chat_template.jinja, or send completions");
            }

            return template.ValueKind switch
            {
                JsonValueKind.String => Parse(template.GetString()!, configPath, specialTokens, clock),
                JsonValueKind.Array => Named(template, configPath, specialTokens, clock),
                _ => new Fault($"{configPath}: chat_template is neither a string nor an array"),
            };
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return new Fault($"the chat template in {folder} cannot be read: {e.Message}");
        }
    }

    /// <summary>The template variables of the special tokens: in the file they are strings, or objects with a <c>content</c>; null ones are no variables.</summary>
    private static Dictionary<string, object?> SpecialTokens(JsonElement config)
    {
        var tokens = new Dictionary<string, object?>();
        foreach (var name in SpecialTokenNames)
        {
            if (config.TryGetProperty(name, out var token) && TokenText(token) is { } text) tokens[name] = text;
        }

        if (config.TryGetProperty("additional_special_tokens", out var more) && more.ValueKind == JsonValueKind.Array)
        {
            tokens["additional_special_tokens"] = new Jinja.Values.PyList([.. more.EnumerateArray().Select(TokenText)]);
        }

        return tokens;
    }

    private static string? TokenText(JsonElement token) => token.ValueKind switch
    {
        JsonValueKind.String => token.GetString(),
        JsonValueKind.Object when token.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String => content.GetString(),
        _ => null,
    };

    private static Expected<IChatTemplate> Parse(string source, string path, Dictionary<string, object?> specialTokens, TimeProvider clock) =>
        ChatTemplate.Parse(source, specialTokens, clock).Try(out var template, out var fault) ? template : new Fault($"{path}: {fault.What}", fault.Mend);

    private static Expected<IChatTemplate> Named(JsonElement templates, string path, Dictionary<string, object?> specialTokens, TimeProvider clock)
    {
        var parsed = new Dictionary<string, IChatTemplate>();
        foreach (var entry in templates.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Object
                || !entry.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String
                || !entry.TryGetProperty("template", out var source) || source.ValueKind != JsonValueKind.String)
            {
                return new Fault($"{path}: chat_template has an entry without the strings name and template");
            }

            // The others are for the callers of transformers: nothing here would ask for them.
            if (name.GetString() is not ("default" or "tool_use")) continue;
            if (!Parse(source.GetString()!, path, specialTokens, clock).Try(out var template, out var fault)) return fault;
            parsed[name.GetString()!] = template;
        }

        var names = string.Join(", ", templates.EnumerateArray().Select(entry => $"\"{entry.GetProperty("name").GetString()}\""));
        return new NamedTemplates(parsed.GetValueOrDefault("default"), parsed.GetValueOrDefault("tool_use"), names);
    }
}
