using System.Text.Json.Nodes;
using OrleansKvRouter.Tests.Conformance.Support;
using static OrleansKvRouter.Tests.Conformance.Support.Steps;

namespace OrleansKvRouter.Tests.Conformance.ExtProc;

/// <summary>Requests that get an answer from the data plane instead of an endpoint.</summary>
public sealed class RefusalTests(ServedRouter router) : RouterTest(router)
{
    [Theory]
    [InlineData(Via.Python, 503, "ServiceUnavailable", "no_endpoint_available")]
    [InlineData(Via.Node, 503, "ServiceUnavailable", "no_endpoint_available")]
    [InlineData(Via.Nginx, 503, "ServiceUnavailable", "no_endpoint_available")]
    [InlineData(Via.Python, 429, "TooManyRequests", "rate_limit_exceeded")]
    [InlineData(Via.Node, 400, "BadRequest", "invalid_request")]
    public async Task Process_PickerRefuses_AnswersImmediatelyAndEndsTheStream(Via via, int status, string name, string code)
    {
        Picker.RefuseAlways(status, "prüfung: no");

        // The client's half stays open: the server has to end the call.
        var seen = await Router.Client(via).ProcessAsync(Headers(), Body("{}"), Receive(1), Stay());

        AssertRefusal(seen, name, code, "prüfung: no");
        Assert.Equal(0, Picker.Released);
    }

    [Theory, EveryClient]
    public async Task Process_BufferedBodyRefused_AnswersImmediately(Via via)
    {
        Picker.RefuseAlways(400, "body: not JSON");

        var seen = await Router.Client(via).ProcessAsync(Headers(config: Config("BUFFERED")), Receive(1), Body("{"), Receive(1));

        Assert.Equal(["request_headers", "immediate_response"], seen.Parts);
        Assert.Equal("body: not JSON", Error(seen.Responses[1])["message"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(Via.Python, "FULL_DUPLEX_STREAMED", 65_536)]
    [InlineData(Via.Node, "FULL_DUPLEX_STREAMED", 1_000_000)]
    [InlineData(Via.Nginx, "FULL_DUPLEX_STREAMED", 1_000_000)]
    [InlineData(Via.Python, "STREAMED", 65_536)]
    [InlineData(Via.Python, "BUFFERED", 20_000_000)]
    public async Task Process_BodyOf20MB_Is413NamingTheLimit(Via via, string mode, int piece)
    {
        var seen = await Router.Client(via).ProcessAsync(Headers(config: Config(mode, withoutWaiting: true)), Body(20_000_000, piece));

        var refusal = seen.Responses[^1];
        AssertRefusal(seen with { Responses = [refusal] }, "PayloadTooLarge", "request_too_large", $"{ServedRouter.MaxBodyBytes} bytes");
        Assert.Empty(Picker.Asked);
        Assert.Equal(0, (await Router.Client(via).ProcessAsync(Headers(end: true), Receive(1))).Code);
    }

    [Theory, EveryClient]
    public async Task Process_AnnouncedTooLong_Is413BeforeTheBody(Via via)
    {
        var seen = await Router.Client(via).ProcessAsync(Headers(more: ("content-length", "10485761")), Receive(1), Stay());

        AssertRefusal(seen, "PayloadTooLarge", "request_too_large", "10485760 bytes");
    }

    [Theory, EveryClient]
    public async Task Process_PickerThrows_EndsThatStreamOnly(Via via)
    {
        Picker.Script = (_, _) => throw new InvalidOperationException("a bug");

        var seen = await Router.Client(via).ProcessAsync(Headers(end: true), Stay());

        Assert.Equal(13, seen.Code);
        Assert.DoesNotContain("a bug", seen.Details, StringComparison.Ordinal);
        Picker.Reset();
        Assert.Equal(0, (await Router.Client(via).ProcessAsync(Headers(end: true), Receive(1))).Code);
    }

    private static void AssertRefusal(Conversation seen, string status, string code, string message)
    {
        var response = Assert.Single(seen.Responses);
        var immediate = response["immediate_response"]!;
        Assert.Equal(status, immediate["status"]!["code"]!.GetValue<string>());
        var header = Assert.Single(immediate["headers"]!["set_headers"]!.AsArray())!;
        Assert.Equal(("content-type", "application/json"), (header["header"]!["key"]!.GetValue<string>(), Conversation.Text(header["header"]!["raw_value"]!)));
        Assert.Equal(code, Error(response)["code"]!.GetValue<string>());
        Assert.NotEmpty(Error(response)["type"]!.GetValue<string>());
        Assert.Contains(message, Error(response)["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains(message, immediate["details"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(0, seen.Code);
    }

    private static JsonNode Error(JsonObject response) =>
        JsonNode.Parse(Conversation.Text(response["immediate_response"]!["body"]!))!["error"]!;
}
