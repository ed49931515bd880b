using System.Text;
using System.Text.Json.Nodes;

namespace OrleansKvRouter.Tests.Conformance.Support;

/// <summary>What a client saw of a stream.</summary>
internal sealed record Conversation(IReadOnlyList<JsonObject> Responses, int Code, string Details, JsonObject Echo)
{
    public static Conversation From(JsonNode result) => new(
        [.. result["responses"]!.AsArray().Select(r => r!.AsObject())], result["code"]!.GetValue<int>(), result["details"]!.GetValue<string>(), result["echo"]!.AsObject());

    /// <summary>The part that each answer answers, in order.</summary>
    public IReadOnlyList<string> Parts => [.. Responses.Select(PartOf)];

    /// <summary>The destination in the header mutation of the answer that has one, and which part's answer that is.</summary>
    public (string Part, string Value) Header()
    {
        var response = Assert.Single(Responses, r => Mutation(r) is not null);
        var set = Assert.Single(Mutation(response)!.AsArray())!;
        Assert.Equal("x-gateway-destination-endpoint", set["header"]!["key"]!.GetValue<string>());
        Assert.Equal("OVERWRITE_IF_EXISTS_OR_ADD", set["append_action"]!.GetValue<string>());
        Assert.True(response[PartOf(response)]!["response"]!["clear_route_cache"]!.GetValue<bool>());
        return (PartOf(response), Text(set["header"]!["raw_value"]!));
    }

    /// <summary>The destination in the dynamic metadata of the answer that has some, and which part's answer that is.</summary>
    public (string Part, string Value) Metadata()
    {
        var response = Assert.Single(Responses, r => r["dynamic_metadata"] is not null);
        return (PartOf(response), response["dynamic_metadata"]!["envoy.lb"]!["x-gateway-destination-endpoint"]!.GetValue<string>());
    }

    /// <summary>Asserts that header and metadata of one and the same answer name the destination.</summary>
    public void AssertRoutedTo(string destination, string part)
    {
        Assert.Equal((part, destination), Header());
        Assert.Equal((part, destination), Metadata());
    }

    public static string Text(JsonNode base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64.GetValue<string>()));

    private static JsonNode? Mutation(JsonObject response) =>
        (response["request_headers"] ?? response["request_body"])?["response"]?["header_mutation"]?["set_headers"];

    private static string PartOf(JsonObject response) => response.Select(p => p.Key).Single(k => k != "dynamic_metadata");
}
