using System.Text.Json;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.Tokenization.Requests;

/// <summary>The fields of <c>/v1/completions</c>.</summary>
internal static class CompletionParser
{
    public static Expected<InferenceRequest> Parse(RequestFields fields)
    {
        var request = new CompletionRequest
        {
            Model = fields.RequiredText("model"),
            Prompts = Prompts(fields),
            CacheSalt = fields.Text("cache_salt", notEmpty: true),
            Stream = fields.Flag("stream") ?? false,
            MaxTokens = fields.Count("max_tokens", 0),
            AddSpecialTokens = fields.Flag("add_special_tokens") ?? true,
            TruncatePromptTokens = fields.Count("truncate_prompt_tokens", -1),
            TruncateFromRight = Truncation.FromRight(fields),
            ComputesWholePrompt = PromptLogprobs.AreWanted(fields, byEchoAlone: false),
        };
        return fields.Fault is { } fault ? fault : request;
    }

    /// <summary>A string, an array of strings, an array of ids, or an array of arrays of ids.</summary>
    private static Prompt[] Prompts(RequestFields fields)
    {
        if (fields["prompt_embeds"].ValueKind != JsonValueKind.Undefined)
        {
            fields.Refuse(new Unsupported("prompt_embeds has no token ids", "send prompt"));
            return [];
        }

        var prompt = fields["prompt"];
        if (prompt.ValueKind == JsonValueKind.String)
        {
            var text = prompt.GetString()!;
            if (text.Length == 0) fields.Refuse("prompt", prompt, "a non-empty string");
            return [new Prompt(text, null)];
        }

        if (prompt.ValueKind != JsonValueKind.Array)
        {
            fields.Refuse("prompt", prompt, "a string, an array of strings, or token ids");
            return [];
        }

        if (prompt.GetArrayLength() == 0)
        {
            fields.Refuse(new Fault("prompt is an empty array", "send at least one prompt"));
            return [];
        }

        if (All(prompt, JsonValueKind.String)) return [.. prompt.EnumerateArray().Select(text => new Prompt(text.GetString(), null))];
        if (All(prompt, JsonValueKind.Array)) return [.. prompt.EnumerateArray().Select((ids, i) => new Prompt(null, Ids(ids, $"prompt[{i}]", fields)))];
        return [new Prompt(null, Ids(prompt, "prompt", fields))];
    }

    private static bool All(JsonElement array, JsonValueKind kind)
    {
        foreach (var item in array.EnumerateArray())
        {
            if (item.ValueKind != kind) return false;
        }

        return true;
    }

    /// <summary>Ids are not compared with the vocabulary: an engine may know more tokens than <c>tokenizer.json</c> names.</summary>
    public static uint[] Ids(JsonElement array, string name, RequestFields fields)
    {
        if (array.ValueKind != JsonValueKind.Array)
        {
            fields.Refuse(name, array, "an array of token ids");
            return [];
        }

        var ids = new uint[array.GetArrayLength()];
        if (ids.Length == 0) fields.Refuse(new Fault($"{name} is an empty array", "send at least one token id"));
        var index = 0;
        foreach (var item in array.EnumerateArray())
        {
            if (item.TryGetUInt32OrLax(out var id))
            {
                ids[index++] = id;
                continue;
            }

            fields.Refuse($"{name}[{index}]", item, "a token id from 0 to 4294967295");
            return ids;
        }

        return ids;
    }

    private static bool TryGetUInt32OrLax(this JsonElement item, out uint id)
    {
        id = 0;
        if (item.ValueKind == JsonValueKind.Number && item.TryGetUInt32(out id)) return true;
        if (Json.Integer(item) is not { } number || number < uint.MinValue || number > uint.MaxValue) return false;
        id = (uint)number;
        return true;
    }
}
