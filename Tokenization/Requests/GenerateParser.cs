using System.Text.Json;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.Tokenization.Requests;

/// <summary>
/// The fields of <c>/inference/v1/generate</c> (vLLM v0.12 on), which is what <c>…/render</c> answers: token ids with all
/// placeholders in place, and where its images, videos and clips are.
/// </summary>
internal static class GenerateParser
{
    public static Expected<InferenceRequest> Parse(RequestFields fields)
    {
        if (fields.Text("model") is not { } model) return new Unsupported("the request names no model", "send model");
        var ids = CompletionParser.Ids(fields["token_ids"], "token_ids", fields);
        var request = new CompletionRequest
        {
            Model = model,
            Prompts = [new Prompt(null, ids)],
            Items = Items(fields["features"], ids.Length, fields),
            CacheSalt = fields.Text("cache_salt", notEmpty: true),
            Stream = fields.Flag("stream") ?? false,
            AddSpecialTokens = false,
            ComputesWholePrompt = fields["sampling_params"] is { ValueKind: JsonValueKind.Object } sampling
                && sampling.TryGetProperty("prompt_logprobs", out var wanted) && wanted.ValueKind != JsonValueKind.Null,
        };
        return fields.Fault is { } fault ? fault : request;
    }

    /// <summary><c>features.mm_hashes</c> and <c>features.mm_placeholders</c>, both by modality and in the same order.</summary>
    private static PlacedItem[] Items(JsonElement features, int promptTokens, RequestFields fields)
    {
        if (features.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null) return [];
        if (features.ValueKind != JsonValueKind.Object || !features.TryGetProperty("mm_hashes", out var hashes) || hashes.ValueKind != JsonValueKind.Object
            || !features.TryGetProperty("mm_placeholders", out var places) || places.ValueKind != JsonValueKind.Object)
        {
            fields.Refuse("features", features, "an object with mm_hashes and mm_placeholders");
            return [];
        }

        var items = new List<PlacedItem>();
        foreach (var modality in hashes.EnumerateObject())
        {
            if (!places.TryGetProperty(modality.Name, out var spans) || !TryPlace(modality.Value, spans, promptTokens, items))
            {
                fields.Refuse($"features.mm_placeholders.{modality.Name}", spans, "an array of {offset, length}, one for each of mm_hashes and inside the prompt");
                return [];
            }
        }

        return [.. items.OrderBy(item => item.Offset)];
    }

    private static bool TryPlace(JsonElement hashes, JsonElement spans, int promptTokens, List<PlacedItem> into)
    {
        if (hashes.ValueKind != JsonValueKind.Array || spans.ValueKind != JsonValueKind.Array || hashes.GetArrayLength() != spans.GetArrayLength()) return false;
        foreach (var (hash, span) in hashes.EnumerateArray().Zip(spans.EnumerateArray()))
        {
            if (hash.ValueKind != JsonValueKind.String || span.ValueKind != JsonValueKind.Object) return false;
            if (!span.TryGetProperty("offset", out var offset) || Json.Integer(offset) is not { } start || start < 0) return false;
            if (!span.TryGetProperty("length", out var length) || Json.Integer(length) is not { } tokens || tokens < 1 || start + tokens > promptTokens) return false;
            into.Add(new PlacedItem(hash.GetString()!, (int)start, (int)tokens));
        }

        return true;
    }
}
