using System.Text.Json.Nodes;
using OrleansKvRouter.Tests.Conformance.Support;
using static OrleansKvRouter.Tests.Conformance.Support.Steps;

namespace OrleansKvRouter.Tests.Conformance.ExtProc;

/// <summary>Messages that make no sense where they come: the stream ends with a status that names them; others go on.</summary>
public sealed class DisorderTests(ServedRouter router) : RouterTest(router)
{
    private const int FailedPrecondition = 9;

    private static readonly Dictionary<string, (JsonObject[] Steps, int Code, string Named)> Conversations = new()
    {
        ["body first"] = ([Body("{}")], FailedPrecondition, "request_body came before request_headers"),
        ["trailers first"] = ([Trailers()], FailedPrecondition, "request_trailers came before request_headers"),
        ["headers twice"] = ([Headers(), Headers()], FailedPrecondition, "request_headers came twice"),
        ["body after the end"] = ([Headers(end: true), Body("{}")], FailedPrecondition, "request_body came after the end"),
        ["second buffered body"] = ([Headers(config: Config("BUFFERED")), Body("{}", end: false), Body("{}")], FailedPrecondition, "request_body came after the end"),
        ["trailers after the end"] = ([Headers(), Body("{}"), Trailers()], FailedPrecondition, "request_trailers came after the end"),
        ["response after its end"] = ([Headers(end: true), ResponseHeaders(end: true), ResponseBody("x", end: true)], FailedPrecondition, "response_body came after the end"),
        ["no part"] = ([Send([])], 3, "none of its parts"),
        ["gRPC body mode"] = ([Headers(config: Config("GRPC"))], 12, "request_body_mode GRPC"),
    };

    public static TheoryData<Via, string> Cases()
    {
        var cases = new TheoryData<Via, string>();
        foreach (var name in Conversations.Keys)
        {
            foreach (var via in Enum.GetValues<Via>()) cases.Add(via, name);
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task Process_OutOfOrder_EndsTheStreamNamingThePart(Via via, string conversation)
    {
        var (steps, code, named) = Conversations[conversation];

        var seen = await Router.Client(via).ProcessAsync([.. steps.Select(s => s.DeepClone().AsObject()), Stay()]);

        Assert.Equal(code, seen.Code);
        Assert.Contains(named, seen.Details, StringComparison.Ordinal);
        Assert.Equal(0, (await Router.Client(via).ProcessAsync(Headers(end: true), Receive(1))).Code);
    }
}
