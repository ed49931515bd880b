using System.Text.Json.Nodes;
using OrleansKvRouter.Tests.Conformance.Support;
using OrleansKvRouter.Tests.Support;
using static OrleansKvRouter.Tests.Conformance.Support.Steps;

namespace OrleansKvRouter.Tests.Conformance.ExtProc;

/// <summary>The way back: nothing is changed, everything is answered, and its end frees the lease, once.</summary>
public sealed class ResponsePhaseTests(ServedRouter router) : RouterTest(router)
{
    [Theory, EveryClient]
    public async Task Process_FullDuplexResponse_SendsTheSameBytesBack(Via via)
    {
        var seen = await Router.Client(via).ProcessAsync(
            Headers(end: true, config: Config("FULL_DUPLEX_STREAMED", responseBody: "FULL_DUPLEX_STREAMED")), Receive(1),
            ResponseHeaders(), Receive(1), ResponseBody("data: a\n\n", end: false), Receive(1), ResponseBody("data: [DONE]\n\n", end: true), Receive(1));

        Assert.Equal(["request_headers", "response_headers", "response_body", "response_body"], seen.Parts);
        Assert.Empty(seen.Responses[1]["response_headers"]!.AsObject());
        Assert.Equal(["data: a\n\n", "data: [DONE]\n\n"], seen.Responses.Skip(2).Select(r => Conversation.Text(Piece(r)["body"]!)));
        Assert.Equal([false, true], seen.Responses.Skip(2).Select(r => Piece(r)["end_of_stream"] is not null));
    }

    [Theory]
    [InlineData(Via.Python, "STREAMED")]
    [InlineData(Via.Node, "STREAMED")]
    [InlineData(Via.Nginx, "BUFFERED")]
    [InlineData(Via.Python, "BUFFERED_PARTIAL")]
    public async Task Process_ResponseInOtherModes_IsAcknowledged(Via via, string mode)
    {
        var seen = await Router.Client(via).ProcessAsync(
            Headers(end: true, config: Config("BUFFERED", responseBody: mode)), Receive(1),
            ResponseHeaders(), Receive(1), ResponseBody("{}", end: false), Receive(1), ResponseTrailers(), Receive(1));

        Assert.Equal(["request_headers", "response_headers", "response_body", "response_trailers"], seen.Parts);
        Assert.All(seen.Responses.Skip(1), r => Assert.Empty(r.Single().Value!.AsObject()));
        Assert.Equal(0, seen.Code);
    }

    [Theory, EveryClient]
    public async Task Process_ResponseEnds_ReleasesTheLeaseAlthoughTheStreamGoesOn(Via via)
    {
        var client = Router.Client(via);
        await client.PlayUntilPausedAsync(Headers(end: true), Receive(1), ResponseHeaders(), ResponseBody("x", end: true), Receive(2), Pause());

        await Eventually.TrueAsync(() => Picker.Released == 1, "the lease is released");
        Assert.Equal(0, (await client.ResumeAsync()).Code);
        Assert.Equal(1, Picker.Released);
    }

    [Theory, EveryClient]
    public async Task Process_CancelledWhileTheResponseStreams_KeepsTheLeaseUntilThen(Via via)
    {
        var client = Router.Client(via);
        await client.PlayUntilPausedAsync(Headers(end: true), Receive(1), ResponseHeaders(), ResponseBody("x", end: false), Receive(2), Pause(), Cancel());

        Assert.Equal(0, Picker.Released);
        Assert.Equal(1, (await client.ResumeAsync()).Code);
        await Eventually.TrueAsync(() => Picker.Released == 1, "the lease is released with the stream");
    }

    [Theory, EveryClient]
    public async Task Process_StreamEndsWithoutAResponse_ReleasesTheLease(Via via)
    {
        await Router.Client(via).ProcessAsync(Headers(end: true), Receive(1));

        await Eventually.TrueAsync(() => Picker.Released == 1, "the lease is released");
    }

    [Theory, EveryClient]
    public async Task Process_CancelledWhilePicking_CancelsThePickAndReleasesALateLease(Via via)
    {
        var cancelled = new TaskCompletionSource();
        Picker.Script = async (_, cancellation) =>
        {
            await using var registration = cancellation.Register(cancelled.SetResult);
            await cancelled.Task;
            return Picker.Pick("10.0.0.1:8000");
        };
        var client = Router.Client(via);
        await client.PlayUntilPausedAsync(Headers(), Body("{}"), Pause(), Cancel());
        await Eventually.TrueAsync(() => !Picker.Asked.IsEmpty, "the pick has begun");

        Assert.Equal(1, (await client.ResumeAsync()).Code);

        await cancelled.Task.WaitAsync(Eventually.Limit);
        await Eventually.TrueAsync(() => Picker.Released == 1, "the lease is released");
    }

    [Theory, EveryClient]
    public async Task Process_LocalReplyBeforeTheDecision_PassesThrough(Via via)
    {
        var seen = await Router.Client(via).ProcessAsync(Headers(), ResponseHeaders(end: true), Receive(1));

        Assert.Equal(["response_headers"], seen.Parts);
        Assert.Equal(0, seen.Code);
        Assert.Empty(Picker.Asked);
    }

    private static JsonNode Piece(JsonObject response) =>
        response["response_body"]!["response"]!["body_mutation"]!["streamed_response"]!;
}
