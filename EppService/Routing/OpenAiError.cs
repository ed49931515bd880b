using System.Buffers;
using System.Text.Json;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>A refusal as clients of the OpenAI API expect it, the same through every front end: <c>{"error":{"message","type","code"}}</c>.</summary>
internal static class OpenAiError
{
    public static ReadOnlyMemory<byte> Json(int status, Fault fault)
    {
        var (type, code) = status switch
        {
            413 => ("invalid_request_error", "request_too_large"),
            429 => ("rate_limit_error", "rate_limit_exceeded"),
            502 => ("server_error", "endpoint_failed"),
            503 => ("server_error", "no_endpoint_available"),
            504 => ("server_error", "endpoint_timeout"),
            < 500 => ("invalid_request_error", "invalid_request"),
            _ => ("server_error", "internal_error"),
        };
        var json = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("error");
            writer.WriteString("message", fault.ToString());
            writer.WriteString("type", type);
            writer.WriteString("code", code);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return json.WrittenMemory;
    }
}
