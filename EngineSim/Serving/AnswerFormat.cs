using System.Text.Json;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.EngineSim.Serving;

/// <summary>The JSON of one request's answer: OpenAI's objects with the fields that vLLM adds.</summary>
/// <param name="Kind">Chat or completion.</param>
/// <param name="Id"><c>chatcmpl-…</c> or <c>cmpl-…</c>.</param>
/// <param name="Model">As the request asked for it.</param>
/// <param name="Created">Unix seconds.</param>
internal sealed record AnswerFormat(RequestKind Kind, string Id, string Model, long Created)
{
    private bool IsChat => Kind == RequestKind.Chat;

    /// <summary>The whole answer; one text a prompt. Every answer is as long as was asked for, hence its finish reason.</summary>
    public void WriteWhole(Utf8JsonWriter json, IReadOnlyList<string> texts, Usage usage)
    {
        Begin(json, IsChat ? "chat.completion" : "text_completion");
        json.WriteStartArray("choices");
        for (var i = 0; i < texts.Count; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("index", i);
            if (IsChat) WriteMessage(json, "message", "assistant", texts[i]);
            else json.WriteString("text", texts[i]);
            EndChoice(json, "length");
        }

        json.WriteEndArray();
        usage.Write(json);
        json.WriteEndObject();
    }

    /// <summary>A chat stream's first chunk, which names the role.</summary>
    public void WriteOpening(Utf8JsonWriter json) => WriteChunk(json, 0, "", "assistant", isLast: false);

    /// <summary>One token.</summary>
    public void WriteChunk(Utf8JsonWriter json, int choice, string text, bool isLast) => WriteChunk(json, choice, text, null, isLast);

    /// <summary>The chunk behind the last token, where the request wants the usage.</summary>
    public void WriteUsage(Utf8JsonWriter json, Usage usage)
    {
        Begin(json, ChunkObject);
        json.WriteStartArray("choices");
        json.WriteEndArray();
        usage.Write(json);
        json.WriteEndObject();
    }

    private string ChunkObject => IsChat ? "chat.completion.chunk" : "text_completion";

    private void WriteChunk(Utf8JsonWriter json, int choice, string text, string? role, bool isLast)
    {
        Begin(json, ChunkObject);
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", choice);
        if (IsChat) WriteMessage(json, "delta", role, text);
        else json.WriteString("text", text);
        EndChoice(json, isLast ? "length" : null);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void Begin(Utf8JsonWriter json, string objectName)
    {
        json.WriteStartObject();
        json.WriteString("id", Id);
        json.WriteString("object", objectName);
        json.WriteNumber("created", Created);
        json.WriteString("model", Model);
    }

    private static void WriteMessage(Utf8JsonWriter json, string name, string? role, string text)
    {
        json.WriteStartObject(name);
        if (role is not null) json.WriteString("role", role);
        json.WriteString("content", text);
        json.WriteEndObject();
    }

    private static void EndChoice(Utf8JsonWriter json, string? finishReason)
    {
        json.WriteNull("logprobs");
        json.WriteString("finish_reason", finishReason);
        json.WriteNull("stop_reason");
        json.WriteEndObject();
    }
}

/// <summary>What a request took.</summary>
/// <param name="PromptTokens">Tokens of all prompts.</param>
/// <param name="CompletionTokens">Tokens generated.</param>
/// <param name="CachedTokens">Prompt tokens that the prefix cache had. vLLM reports them with <c>--enable-prompt-tokens-details</c>.</param>
internal readonly record struct Usage(int PromptTokens, int CompletionTokens, int CachedTokens)
{
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", PromptTokens);
        json.WriteNumber("total_tokens", PromptTokens + CompletionTokens);
        json.WriteNumber("completion_tokens", CompletionTokens);
        json.WriteStartObject("prompt_tokens_details");
        json.WriteNumber("cached_tokens", CachedTokens);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
