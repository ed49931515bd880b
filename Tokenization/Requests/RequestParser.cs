using System.Text.Json;
using System.Text.Unicode;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.Tokenization.Requests;

/// <summary>
/// The body of an OpenAI request → <see cref="InferenceRequest"/>. As lenient as vLLM, whose pydantic models take
/// <c>1.0</c> or <c>"1"</c> for an integer, ignore unknown fields, and let the last of two equal keys win.
/// </summary>
public static class RequestParser
{
    /// <summary>Deepest nesting of arrays and objects in a body; deeper ones are refused before anything recurses.</summary>
    public const int MaxDepth = 128;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = MaxDepth };

    /// <summary>Parses a body; the fault names the field at fault and what was found there.</summary>
    /// <param name="body">UTF-8 JSON. The request keeps reading from it: it must stay unchanged as long as the request is in use.</param>
    /// <param name="kind">From <see cref="RequestPaths.KindOf"/>.</param>
    public static Expected<InferenceRequest> Parse(ReadOnlyMemory<byte> body, RequestKind kind)
    {
        if (body.Span.StartsWith("\uFEFF"u8)) body = body[3..];
        if (body.IsEmpty) return new Fault("the body is empty", "send a JSON object");
        if (UnreadableText(body.Span) is { } unreadable) return unreadable;
        if (!Document(body).Try(out var root, out var fault)) return fault;
        if (root.ValueKind != JsonValueKind.Object) return new Fault($"the body is {Json.Describe(root)}", "send a JSON object");

        var fields = new RequestFields(root);
        return kind switch
        {
            RequestKind.Chat => ChatParser.Parse(fields),
            RequestKind.Generate => GenerateParser.Parse(fields),
            _ => CompletionParser.Parse(fields),
        };
    }

    private static Expected<JsonElement> Document(ReadOnlyMemory<byte> body)
    {
        try
        {
            // Not disposed: the request reads from it for an unknown time, and all it would give back is pooled memory.
            return JsonDocument.Parse(body, Options).RootElement;
        }
        catch (JsonException e)
        {
            var reason = e.Message.AsSpan();
            var position = reason.IndexOf(" LineNumber:");
            if (position >= 0) reason = reason[..position];
            return new Fault($"the body is not valid JSON: {reason.TrimEnd('.')} (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})");
        }
    }

    /// <summary>The JSON reader looks at the encoding of a string only when the string is asked for: this looks at all of them first.</summary>
    private static Fault? UnreadableText(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body)) return new Fault($"the body is not valid UTF-8 at byte {FirstInvalid(body) + 1}");
        return body.IndexOf("\\ud"u8) < 0 && body.IndexOf("\\uD"u8) < 0 ? null : LoneSurrogate(body);
    }

    private static int FirstInvalid(ReadOnlySpan<byte> body)
    {
        var at = 0;
        while (System.Text.Rune.DecodeFromUtf8(body[at..], out _, out var length) == System.Buffers.OperationStatus.Done) at += length;
        return at;
    }

    private static Fault? LoneSurrogate(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped) reader.GetString();
            }
        }
        catch (InvalidOperationException)
        {
            return new Fault($"the string at byte {reader.TokenStartIndex + 1} of the body has half a surrogate pair (\\ud800 to \\udfff)");
        }
        catch (JsonException)
        {
            return null; // Document() says what is wrong with it.
        }

        return null;
    }
}
