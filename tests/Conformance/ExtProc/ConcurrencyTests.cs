using System.Text;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.Tests.Conformance.Support;
using OrleansKvRouter.Tests.Support;
using static OrleansKvRouter.Tests.Conformance.Support.Steps;

namespace OrleansKvRouter.Tests.Conformance.ExtProc;

public sealed class ConcurrencyTests(ServedRouter router) : RouterTest(router)
{
    [Theory, EveryClient]
    public async Task Process_200StreamsAtOnceOnOneConnection_AreServedTogether(Via via)
    {
        const int streams = 200;
        // Nobody is answered until everybody has asked: streams that waited for one another would never finish.
        var all = new TaskCompletionSource();
        var asked = 0;
        Picker.Script = async (request, _) =>
        {
            if (Interlocked.Increment(ref asked) == streams) all.SetResult();
            await all.Task;
            return Picker.Pick(Encoding.UTF8.GetString(request.Body!.Value.Span));
        };

        var seen = await Router.Client(via).ManyAsync(streams, Headers(), Body("10.0.0.7:8000"), Receive(2), ResponseHeaders(end: true), Receive(1));

        Assert.Equal(streams, seen.Count);
        Assert.All(seen, s => Assert.Equal((0, ("request_headers", "10.0.0.7:8000")), (s.Code, s.Header())));
        await Eventually.TrueAsync(() => Picker.Released == streams, "every lease is released");
    }
}
