using System.Text;
using System.Text.Json.Nodes;

namespace OrleansKvRouter.Tests.Conformance.Support;

/// <summary>The steps of a conversation, as tests/oracles/extproc_client.py describes them.</summary>
internal static class Steps
{
    public static JsonObject Headers(bool end = false, JsonObject? config = null, JsonNode? subset = null, string path = "/v1/chat/completions", params (string Name, string Value)[] more)
    {
        var message = new JsonObject { ["request_headers"] = HttpHeaders(end, [(":method", "POST"), (":path", path), .. more]) };
        if (config is not null) message["protocol_config"] = config;
        if (subset is not null)
        {
            message["metadata_context"] = new JsonObject
            {
                ["filter_metadata"] = new JsonObject { ["envoy.lb.subset_hint"] = new JsonObject { ["x-gateway-destination-endpoint-subset"] = subset } },
            };
        }

        return Send(message);
    }

    public static JsonObject Config(string requestBody, bool withoutWaiting = false, string responseBody = "NONE") => new()
    {
        ["request_body_mode"] = requestBody,
        ["response_body_mode"] = responseBody,
        ["send_body_without_waiting_for_header_response"] = withoutWaiting,
    };

    public static JsonObject Body(string body, bool end = true) =>
        Send(new JsonObject { ["request_body"] = new JsonObject { ["body"] = Base64(body), ["end_of_stream"] = end } });

    /// <summary>A generated body in pieces.</summary>
    public static JsonObject Body(int length, int piece, bool end = true) =>
        new() { ["body"] = new JsonObject { ["length"] = length, ["piece"] = piece, ["end"] = end } };

    public static JsonObject Trailers() => Send(new JsonObject { ["request_trailers"] = new JsonObject() });

    public static JsonObject ResponseHeaders(bool end = false, params (string Name, string Value)[] more) =>
        Send(new JsonObject { ["response_headers"] = HttpHeaders(end, more) });

    public static JsonObject ResponseBody(string body, bool end) =>
        Send(new JsonObject { ["response_body"] = new JsonObject { ["body"] = Base64(body), ["end_of_stream"] = end } });

    public static JsonObject ResponseTrailers() => Send(new JsonObject { ["response_trailers"] = new JsonObject() });

    public static JsonObject Send(JsonObject message) => new() { ["send"] = message };

    /// <summary>Waits for so many more answers before the next step.</summary>
    public static JsonObject Receive(int count) => new() { ["receive"] = count };

    /// <summary>Stops until <see cref="ForeignClient.ResumeAsync"/>.</summary>
    public static JsonObject Pause() => new() { ["pause"] = true };

    public static JsonObject Cancel() => new() { ["cancel"] = true };

    /// <summary>Leaves the client's half of the stream open: the server must end the call.</summary>
    public static JsonObject Stay() => new() { ["stay"] = true };

    /// <summary>What <see cref="Body(int, int, bool)"/> makes the client send.</summary>
    public static byte[] Generated(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++) bytes[i] = (byte)(i % 251);
        return bytes;
    }

    private static JsonObject HttpHeaders(bool end, (string Name, string Value)[] headers) => new()
    {
        ["headers"] = new JsonObject
        {
            ["headers"] = new JsonArray([.. headers.Select(header => new JsonObject { ["key"] = header.Name, ["raw_value"] = Base64(header.Value) })]),
        },
        ["end_of_stream"] = end,
    };

    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
