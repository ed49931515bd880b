using System.Text.Json.Nodes;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.Tests.Conformance.Support;
using static OrleansKvRouter.Tests.Conformance.Support.Steps;

namespace OrleansKvRouter.Tests.Conformance.ExtProc;

/// <summary>What a response says of the engine's cache is heard on its way through, however it comes.</summary>
public sealed class ResponseUsageTests(ServedRouter router) : RouterTest(router)
{
    private const string Answer = """{"choices":[],"usage":{"prompt_tokens":200,"prompt_tokens_details":{"cached_tokens":128}}}""";

    [Theory]
    [InlineData(Via.Python, "FULL_DUPLEX_STREAMED", 1000)]
    [InlineData(Via.Node, "FULL_DUPLEX_STREAMED", 7)]
    [InlineData(Via.Nginx, "STREAMED", 31)]
    [InlineData(Via.Python, "STREAMED", 3)]
    [InlineData(Via.Node, "BUFFERED", 1000)]
    public async Task Process_ResponseWithUsage_IsReportedOnce(Via via, string mode, int piece)
    {
        var pieces = Answer.Chunk(piece).Select(text => new string(text)).ToArray();
        JsonObject[] steps =
        [
            Headers(end: true, config: Config("BUFFERED", responseBody: mode)), Receive(1), ResponseHeaders(), Receive(1),
            .. pieces.Select((text, i) => ResponseBody(text, end: i == pieces.Length - 1)), Receive(pieces.Length),
        ];

        var seen = await Router.Client(via).ProcessAsync(steps);

        Assert.Equal(0, seen.Code);
        Assert.Equal([new ReportedUsage(200, 128)], Picker.Reported);
        Assert.Equal(1, Picker.Released);
    }

    [Theory]
    [InlineData(Via.Python, ":status", "500")]
    [InlineData(Via.Node, "content-encoding", "gzip")]
    public async Task Process_ResponseThatSaysNothing_IsNotReported(Via via, string header, string value)
    {
        await Router.Client(via).ProcessAsync(
            Headers(end: true, config: Config("BUFFERED", responseBody: "STREAMED")), Receive(1),
            ResponseHeaders(more: (header, value)), Receive(1), ResponseBody(Answer, end: true), Receive(1));

        Assert.Empty(Picker.Reported);
        Assert.Equal(1, Picker.Released);
    }
}
