using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.EppService.Routing;
using static OrleansKvRouter.Tests.EppService.Routing.RouterUnderTest;

namespace OrleansKvRouter.Tests.EppService.Routing;

/// <summary>A pick's prediction and the engine's report meet in the ledger of the picked endpoint.</summary>
public sealed class ReportedUsageTests
{
    [Fact]
    public async Task Report_OfAPickedRequest_GoesToItsEndpointWithItsPrediction()
    {
        using var router = await StartAsync(pods: 2);
        router.Hold(1, Ids(64));

        using (var lease = await LeaseAsync(router, IdsBody(Ids(80))))
        {
            Assert.True(lease.WantsUsage);
            lease.Report(new ReportedUsage(80, 48));
        }

        var totals = router.Endpoint(1).Predictions!;
        Assert.Equal((1, 64, 48, 16), (totals.Judged, totals.Predicted, totals.Reported, totals.Over));
        Assert.Equal(0, router.Endpoint(0).Predictions!.Judged);
    }

    [Theory]
    [InlineData("""{"model":"Qwen3-32B","prompt":[[1,2,3],[4,5,6]]}""")]
    [InlineData("""{"model":"Qwen3-32B","prompt":[1,2,3],"prompt_logprobs":1}""")]
    [InlineData("""{"model":"Qwen3-32B","prompt":[1,2,3],"echo":true,"logprobs":1}""")]
    public async Task Lease_OfARequestWhoseReportSaysNothing_WantsNone(string body)
    {
        using var router = await StartAsync(pods: 1);

        using var lease = await LeaseAsync(router, body);

        Assert.False(lease.WantsUsage);
    }

    private static async Task<IRequestLease> LeaseAsync(RouterUnderTest router, string body) =>
        Assert.IsType<PickOutcome.Picked>(await router.PickAsync(body)).Lease;
}
