using System.Security.Cryptography;
using System.Text;
using OrleansKvRouter.EppService.ExtProc;
using OrleansKvRouter.Tests.Conformance.Support;
using static OrleansKvRouter.Tests.Conformance.Support.Steps;

namespace OrleansKvRouter.Tests.Conformance.ExtProc;

/// <summary>The way in, in every mode that a data plane may be configured for. Sees the order of answers, and what they carry.</summary>
public sealed class RequestModesTests(ServedRouter router) : RouterTest(router)
{
    private const string Chat = """{"model":"Qwen/Qwen3-32B","messages":[{"role":"user","content":"hi"}]}""";
    private const string Picked = "10.0.0.1:8000";

    [Theory, EveryClient]
    public async Task Process_HeadersOnly_PicksWithoutBody(Via via)
    {
        var seen = await Router.Client(via).ProcessAsync(Headers(end: true, path: "/v1/models", more: ("x-request-id", "abc-1")), Receive(1));

        Assert.Equal(["request_headers"], seen.Parts);
        seen.AssertRoutedTo(Picked, "request_headers");
        var asked = Assert.Single(Picker.Asked);
        Assert.Equal(("abc-1", "/v1/models", null), (asked.RequestId, asked.Path, asked.Body?.Length));
        Assert.Null(asked.Subset);
        Assert.Equal(0, seen.Code);
    }

    [Theory, EveryClient]
    public async Task Process_NoRequestId_MakesGuid(Via via)
    {
        await Router.Client(via).ProcessAsync(Headers(end: true), Receive(1));

        Assert.True(Guid.TryParse(Assert.Single(Picker.Asked).RequestId, out _));
    }

    [Theory, EveryClient]
    public async Task Process_NoProtocolConfig_IsFullDuplex(Via via)
    {
        var seen = await Router.Client(via).ProcessAsync(Headers(), Body(Chat), Receive(2));

        Assert.Equal(["request_headers", "request_body"], seen.Parts);
        seen.AssertRoutedTo(Picked, "request_headers");
        Assert.Equal(Chat, Encoding.UTF8.GetString(Assert.Single(Picker.Asked).Body!.Value.Span));
        var piece = seen.Responses[1]["request_body"]!["response"]!["body_mutation"]!["streamed_response"]!;
        Assert.Equal(Chat, Conversation.Text(piece["body"]!));
        Assert.True(piece["end_of_stream"]!.GetValue<bool>());
    }

    [Theory, EveryClient]
    public async Task Process_FullDuplexInManyPieces_SendsTheSameBytesBack(Via via)
    {
        const int length = 5_000_003;
        var seen = await Router.Client(via).ProcessAsync(Headers(config: Config("FULL_DUPLEX_STREAMED")), Body(length, 9_001));

        Assert.Equal("request_headers", seen.Parts[0]);
        Assert.All(seen.Parts.Skip(1), part => Assert.Equal("request_body", part));
        AssertEcho(seen, length);
        var ends = seen.Responses.Skip(1).Select(r => r["request_body"]!["response"]!["body_mutation"]!["streamed_response"]!["end_of_stream"] is not null);
        Assert.Equal(seen.Responses.Count - 2, ends.ToList().IndexOf(true));
        Assert.True(Assert.Single(Picker.Asked).Body!.Value.Span.SequenceEqual(Generated(length)));
    }

    [Theory, EveryClient]
    public async Task Process_FullDuplexInOneLargePiece_SendsItBackInSmallOnes(Via via)
    {
        var length = ServedRouter.MaxBodyBytes;
        var seen = await Router.Client(via).ProcessAsync(Headers(config: Config("FULL_DUPLEX_STREAMED")), Body(length, length));

        AssertEcho(seen, length);
    }

    [Theory, EveryClient]
    public async Task Process_FullDuplexEndedByTrailers_EndsWithTrailers(Via via)
    {
        var seen = await Router.Client(via).ProcessAsync(Headers(config: Config("FULL_DUPLEX_STREAMED")), Body(Chat, end: false), Trailers(), Receive(3));

        Assert.Equal(["request_headers", "request_body", "request_trailers"], seen.Parts);
        Assert.Null(seen.Responses[1]["request_body"]!["response"]!["body_mutation"]!["streamed_response"]!["end_of_stream"]);
        seen.AssertRoutedTo(Picked, "request_headers");
    }

    [Theory, EveryClient]
    public async Task Process_FullDuplexEmptyBody_EndsIt(Via via)
    {
        var seen = await Router.Client(via).ProcessAsync(Headers(), Body(""), Receive(2));

        Assert.Equal(["request_headers", "request_body"], seen.Parts);
        Assert.True(seen.Responses[1]["request_body"]!["response"]!["body_mutation"]!["streamed_response"]!["end_of_stream"]!.GetValue<bool>());
        Assert.Null(Assert.Single(Picker.Asked).Body);
    }

    [Theory]
    [InlineData(Via.Python, "BUFFERED")]
    [InlineData(Via.Node, "BUFFERED")]
    [InlineData(Via.Nginx, "BUFFERED")]
    [InlineData(Via.Python, "BUFFERED_PARTIAL")]
    [InlineData(Via.Node, "BUFFERED_PARTIAL")]
    public async Task Process_Buffered_AnswersHeadersAtOnceAndDecidesOnTheBody(Via via, string mode)
    {
        // Envoy sends the body only once the headers are answered: the first Receive would hang if they were not.
        var seen = await Router.Client(via).ProcessAsync(Headers(config: Config(mode)), Receive(1), Body(Chat), Receive(1));

        Assert.Equal(["request_headers", "request_body"], seen.Parts);
        Assert.Null(seen.Responses[0]["dynamic_metadata"]);
        seen.AssertRoutedTo(Picked, "request_body");
        Assert.Null(seen.Responses[1]["request_body"]!["response"]!["body_mutation"]);
        Assert.Equal(Chat, Encoding.UTF8.GetString(Assert.Single(Picker.Asked).Body!.Value.Span));
    }

    [Theory, EveryClient]
    public async Task Process_BufferedWithTrailers_DecidesAtTheBody(Via via)
    {
        var seen = await Router.Client(via).ProcessAsync(Headers(config: Config("BUFFERED")), Receive(1), Body(Chat, end: false), Receive(1), Trailers(), Receive(1));

        Assert.Equal(["request_headers", "request_body", "request_trailers"], seen.Parts);
        seen.AssertRoutedTo(Picked, "request_body");
    }

    [Fact]
    public async Task Process_BufferedTrailersWithoutBody_DecidesAtTheTrailers()
    {
        var seen = await Router.Client(Via.Python).ProcessAsync(Headers(config: Config("BUFFERED")), Receive(1), Trailers(), Receive(1));

        Assert.Equal(["request_headers", "request_trailers"], seen.Parts);
        Assert.Equal(("request_trailers", Picked), seen.Metadata());
    }

    [Theory, EveryClient]
    public async Task Process_StreamedWithoutWaiting_HoldsHeadersUntilTheLastPiece(Via via)
    {
        const int length = 100_000, piece = 16_384;
        var seen = await Router.Client(via).ProcessAsync(Headers(config: Config("STREAMED", withoutWaiting: true)), Body(length, piece));

        Assert.Equal(["request_headers", .. Enumerable.Repeat("request_body", 7)], seen.Parts);
        seen.AssertRoutedTo(Picked, "request_headers");
        Assert.All(seen.Responses.Skip(1), r => Assert.Empty(r["request_body"]!.AsObject()));
        Assert.True(Assert.Single(Picker.Asked).Body!.Value.Span.SequenceEqual(Generated(length)));
    }

    [Theory, EveryClient]
    public async Task Process_StreamedWithoutWaitingEndedByTrailers_AnswersEveryPart(Via via)
    {
        var seen = await Router.Client(via).ProcessAsync(
            Headers(config: Config("STREAMED", withoutWaiting: true)), Body(3_000, 1_000, end: false), Trailers(), Receive(5));

        Assert.Equal(["request_headers", "request_body", "request_body", "request_body", "request_trailers"], seen.Parts);
        seen.AssertRoutedTo(Picked, "request_headers");
    }

    [Theory, EveryClient]
    public async Task Process_StreamedWaiting_DecidesAtHeadersAndNeverHangs(Via via)
    {
        var seen = await Router.Client(via).ProcessAsync(
            Headers(config: Config("STREAMED")), Receive(1), Body("abc", end: false), Receive(1), Body("def"), Receive(1));

        Assert.Equal(["request_headers", "request_body", "request_body"], seen.Parts);
        seen.AssertRoutedTo(Picked, "request_headers");
        Assert.Null(Assert.Single(Picker.Asked).Body);
    }

    [Theory, EveryClient]
    public async Task Process_BodyModeNone_DecidesAtHeaders(Via via)
    {
        var seen = await Router.Client(via).ProcessAsync(Headers(config: Config("NONE")), Receive(1));

        seen.AssertRoutedTo(Picked, "request_headers");
        Assert.Null(Assert.Single(Picker.Asked).Body);
    }

    [Theory, EveryClient]
    public async Task Process_ClientNamesADestination_IsOverwritten(Via via)
    {
        Picker.PickAlways("10.0.0.2:8000,10.0.0.3:8000");
        var seen = await Router.Client(via).ProcessAsync(Headers(end: true, more: ("x-gateway-destination-endpoint", "6.6.6.6:666")), Receive(1));

        seen.AssertRoutedTo("10.0.0.2:8000,10.0.0.3:8000", "request_headers");
    }

    [Theory, EveryClient]
    public async Task Process_RankIsNamed_StandsInAHeaderBesideTheDestination(Via via)
    {
        Picker.Script = (_, _) => Task.FromResult(Picker.Pick(Picked, rank: 3));

        var seen = await Router.Client(via).ProcessAsync(Headers(end: true, more: ("x-data-parallel-rank", "1")), Receive(1));

        var set = Assert.Single(seen.Responses)["request_headers"]!["response"]!["header_mutation"]!["set_headers"]!.AsArray();
        Assert.Equal(["x-gateway-destination-endpoint", "x-data-parallel-rank"], set.Select(header => header!["header"]!["key"]!.GetValue<string>()));
        Assert.Equal("3", Conversation.Text(set[1]!["header"]!["raw_value"]!));
        Assert.Equal("OVERWRITE_IF_EXISTS_OR_ADD", set[1]!["append_action"]!.GetValue<string>());
    }

    [Theory, EveryClient]
    public async Task Process_ObservabilityMode_AnswersNothing(Via via)
    {
        var headers = Headers(end: true);
        headers["send"]!["observability_mode"] = true;

        var seen = await Router.Client(via).ProcessAsync(headers);

        Assert.Empty(seen.Responses);
        Assert.Equal(0, seen.Code);
        Assert.Empty(Picker.Asked);
    }

    private static void AssertEcho(Conversation seen, int length)
    {
        Assert.Equal(length, seen.Echo["length"]!.GetValue<int>());
        Assert.InRange(seen.Echo["largest"]!.GetValue<int>(), 1, BodyPieces.MaxLength);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Generated(length))), seen.Echo["sha256"]!.GetValue<string>());
        Assert.Equal(0, seen.Code);
    }
}
