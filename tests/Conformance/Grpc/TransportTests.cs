using System.Text.Json.Nodes;
using OrleansKvRouter.Tests.Conformance.Support;
using static OrleansKvRouter.Tests.Conformance.Support.Steps;

namespace OrleansKvRouter.Tests.Conformance.Grpc;

/// <summary>What gRPC over HTTP/2 promises about calls that go wrong, seen by clients that are not ours.</summary>
public sealed class TransportTests(ServedRouter router) : RouterTest(router)
{
    private const string Process = "/envoy.service.ext_proc.v3.ExternalProcessor/Process";
    private const string Check = "/grpc.health.v1.Health/Check";

    [Theory, EveryClient]
    public async Task Call_UnknownMethod_IsUnimplemented(Via via)
    {
        var (code, details) = await Router.Client(via).RawAsync("/no.Such/Method", []);

        Assert.Equal(12, code);
        Assert.Contains("/no.Such/Method", details, StringComparison.Ordinal);
    }

    [Theory, EveryClient]
    public async Task Call_MessageThatIsNotProtobuf_EndsThatStreamOnly(Via via)
    {
        var (code, details) = await Router.Client(via).RawAsync(Process, [0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3]);

        Assert.Equal(3, code);
        Assert.Contains("7 bytes are not a ProcessingRequest", details, StringComparison.Ordinal);
        Assert.Equal(0, (await Router.Client(via).ProcessAsync(Headers(end: true), Receive(1))).Code);
    }

    [Theory, EveryClient]
    public async Task Call_MessageOverTheLimit_IsResourceExhausted(Via via)
    {
        var (code, details) = await Router.Client(via).RawAsync(Check, new byte[100_000]);

        Assert.Equal(8, code);
        Assert.Contains("100000 bytes came; at most 65536", details, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AgAAAAA=", 13, "byte 2")]
    [InlineData("AQAAAAA=", 13, "marked compressed")]
    [InlineData("AAAAAP8BAg==", 13, "ended inside a message: 7 bytes")]
    [InlineData("R0VUIC8gSFRUUC8xLjENCg0K", 13, "byte 71")]
    [InlineData("AP////8=", 8, "4294967295 bytes")]
    [InlineData("", 3, "before its request message")]
    public async Task Call_GarbageFrame_GivesAStatus(string frame, int status, string message)
    {
        var answer = await Router.Client(Via.Node).Http2Async(CallOf(Check), Convert.FromBase64String(frame));

        Assert.Equal(200, answer["headers"]![":status"]!.GetValue<int>());
        AssertTrailersOnly(answer, status, message);
    }

    [Fact]
    public async Task Call_GarbageFrameAfterAnAnswer_EndsWithTrailers()
    {
        // A frame of one ProcessingRequest {request_headers {end_of_stream: true}}, then garbage.
        var answer = await Router.Client(Via.Node).Http2Async(CallOf(Process), [0, 0, 0, 0, 4, 0x12, 2, 0x18, 1, 9, 9, 9, 9, 9, 9]);

        Assert.Equal("13", answer["trailers"]!["grpc-status"]!.GetValue<string>());
        Assert.NotEmpty(answer["body"]!.GetValue<string>());
    }

    [Fact]
    public async Task Call_CompressedMessage_IsUnimplementedNamingIdentity()
    {
        var headers = CallOf(Check);
        headers["grpc-encoding"] = "gzip";

        var answer = await Router.Client(Via.Node).Http2Async(headers, [1, 0, 0, 0, 2, 1, 2]);

        AssertTrailersOnly(answer, 12, "gzip");
        Assert.Equal("identity", answer["headers"]!["grpc-accept-encoding"]!.GetValue<string>());
    }

    [Fact]
    public async Task Call_UncompressedMessageUnderAnEncoding_IsServed()
    {
        var headers = CallOf(Check);
        headers["grpc-encoding"] = "gzip";

        var answer = await Router.Client(Via.Node).Http2Async(headers, [0, 0, 0, 0, 0]);

        Assert.Equal("0", answer["trailers"]!["grpc-status"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("POST", "application/json", 415)]
    [InlineData("POST", "application/grpc+json", 415)]
    [InlineData("POST", null, 415)]
    [InlineData("GET", "application/grpc", 405)]
    public async Task Request_ThatIsNotGrpc_GetsAPlainHttpError(string method, string? contentType, int status)
    {
        var headers = new JsonObject { [":method"] = method, [":path"] = Check };
        if (contentType is not null) headers["content-type"] = contentType;

        var answer = await Router.Client(Via.Node).Http2Async(headers);

        Assert.Equal(status, answer["headers"]![":status"]!.GetValue<int>());
        Assert.Null(answer["headers"]!["grpc-status"]);
    }

    [Theory]
    [InlineData("50m", 4, "deadline has passed")]
    [InlineData("0n", 4, "deadline has passed")]
    [InlineData("soon", 3, "grpc-timeout \"soon\"")]
    [InlineData("123456789S", 3, "grpc-timeout")]
    public async Task Call_WithTimeout_EndsWhenItPasses(string timeout, int status, string message)
    {
        Picker.Script = async (_, cancellation) =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return Picker.Pick("never");
        };
        var headers = CallOf(Process);
        headers["grpc-timeout"] = timeout;

        var answer = await Router.Client(Via.Node).Http2Async(headers, [0, 0, 0, 0, 4, 0x12, 2, 0x18, 1]);

        AssertTrailersOnly(answer, status, message);
    }

    private static JsonObject CallOf(string path) => new()
    {
        [":method"] = "POST",
        [":path"] = path,
        ["content-type"] = "application/grpc",
        ["te"] = "trailers",
    };

    private static void AssertTrailersOnly(JsonNode answer, int status, string message)
    {
        Assert.Equal(status.ToString(System.Globalization.CultureInfo.InvariantCulture), answer["headers"]!["grpc-status"]!.GetValue<string>());
        Assert.Contains(message, answer["headers"]!["grpc-message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Empty(answer["body"]!.GetValue<string>());
    }
}
