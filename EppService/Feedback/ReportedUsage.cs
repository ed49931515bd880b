using System.Text.Json;

namespace OrleansKvRouter.EppService.Feedback;

/// <summary>What an engine says in a response's <c>usage</c> of the prompt.</summary>
/// <param name="PromptTokens"><c>prompt_tokens</c>: tokens of all the request's prompts.</param>
/// <param name="CachedTokens"><c>prompt_tokens_details.cached_tokens</c>: of these, tokens not computed again; null when it is absent or null.</param>
public readonly record struct ReportedUsage(int PromptTokens, int? CachedTokens)
{
    /// <summary>Reads a usage object. Null when it is no JSON or names no prompt tokens; a member of another type counts as absent.</summary>
    internal static ReportedUsage? Parse(ReadOnlySpan<byte> json)
    {
        int? promptTokens = null, cachedTokens = null;
        var reader = new Utf8JsonReader(json);
        try
        {
            var inDetails = false;
            while (reader.Read())
            {
                if (reader is { TokenType: JsonTokenType.EndObject, CurrentDepth: 1 }) inDetails = false;
                if (reader.TokenType != JsonTokenType.PropertyName) continue;
                var isPrompt = reader.CurrentDepth == 1 && reader.ValueTextEquals("prompt_tokens"u8);
                var isDetails = reader.CurrentDepth == 1 && reader.ValueTextEquals("prompt_tokens_details"u8);
                var isCached = inDetails && reader.CurrentDepth == 2 && reader.ValueTextEquals("cached_tokens"u8);
                reader.Read();
                if (isDetails) inDetails = reader.TokenType == JsonTokenType.StartObject;
                if (isPrompt) promptTokens = Number(reader);
                if (isCached) cachedTokens = Number(reader);
            }
        }
        catch (JsonException)
        {
            // Not an engine's usage, so it says nothing.
            return null;
        }

        return promptTokens is { } tokens ? new ReportedUsage(tokens, cachedTokens) : null;
    }

    private static int? Number(in Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var value) && value >= 0 ? value : null;
}
