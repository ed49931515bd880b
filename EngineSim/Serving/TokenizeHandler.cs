using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.EngineSim.Serving;

/// <summary><c>POST /tokenize</c>: the ids that a prompt or a chat has (spec 3.2).</summary>
internal sealed class TokenizeHandler(Engine engine)
{
    public async Task HandleAsync(HttpContext http)
    {
        var body = await RequestBody.ReadAsync(http.Request, http.RequestAborted);
        var prompts = new EncodedPrompts();
        if (!Parse(body).Try(out var request, out var fault) || (fault = PromptEncoder.Encode(request, engine.Assets, prompts)) is not null)
        {
            await OpenAiError.BadRequestAsync(http, fault);
            return;
        }

        http.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter, JsonStyle.Options);
        Write(json, prompts[0]);
    }

    /// <summary>The body is an OpenAI request's whose model may be left out.</summary>
    private Expected<InferenceRequest> Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            if (JsonNode.Parse(body.Span) is not JsonObject fields) return new Fault("the body is not a JSON object", "send prompt or messages");
            fields["model"] ??= engine.Options.ServedModel;
            return RequestParser.Parse(JsonSerializer.SerializeToUtf8Bytes(fields), fields.ContainsKey("messages") ? RequestKind.Chat : RequestKind.Completion);
        }
        catch (JsonException e)
        {
            return new Fault($"the body is not valid JSON: {e.Message}");
        }
    }

    private void Write(Utf8JsonWriter json, ReadOnlySpan<uint> ids)
    {
        json.WriteStartObject();
        json.WriteNumber("count", ids.Length);
        json.WriteNumber("max_model_len", engine.Models.MaxModelLength);
        json.WriteStartArray("tokens");
        foreach (var id in ids) json.WriteNumberValue(id);
        json.WriteEndArray();
        json.WriteNull("token_strs");
        json.WriteEndObject();
    }
}
