using System.Text;
using System.Text.Json;
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

    /// <summary>
    /// The body is an OpenAI request's, except that it need not name a model: a name is put at its end, where it shifts
    /// no position that a fault may speak of.
    /// </summary>
    private Expected<InferenceRequest> Parse(ReadOnlyMemory<byte> body)
    {
        var text = body.TrimEnd(" \t\r\n"u8);
        if (text.IsEmpty || text.Span[^1] != '}') return RequestParser.Parse(body, RequestKind.Completion);
        var fields = text[..^1].TrimEnd(" \t\r\n"u8);
        var comma = fields.Span is [.., (byte)'{'] ? "" : ",";
        byte[] named = [.. fields.Span, .. Encoding.UTF8.GetBytes($"{comma}\"model\":{JsonSerializer.Serialize(engine.Options.ServedModel)}}}")];
        return RequestParser.Parse(named, HasMessages(named) ? RequestKind.Chat : RequestKind.Completion);
    }

    /// <summary>False for a body that cannot be read: the parser says what is wrong with it.</summary>
    private static bool HasMessages(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = RequestParser.MaxDepth });
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("messages"u8)) return true;
                reader.Skip();
            }
        }
        catch (JsonException)
        {
            return false;
        }

        return false;
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
