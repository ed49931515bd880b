using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Scheduling;

namespace OrleansKvRouter.Tests.Scheduling;

public sealed class TrustTests
{
    private static readonly TrafficPolicy Policy = TrafficPolicy.Default;

    [Theory]
    [InlineData(0.5, 1)]
    [InlineData(0.7, 0)]
    [InlineData(0.0, 1)]
    public void Pick_DiscountedPrefix_LosesToAShorterOneThatCountsInFull(double factor, int picked)
    {
        var request = new SchedulingRequest { MatchedTokens = [640, 384], TrustFactors = [factor, 1], PromptTokens = 640 };

        Assert.Equal(picked, new Scheduler(1).Pick(Fleet.Of(2), request, Policy).Index);
    }

    [Fact]
    public void Explain_DiscountedPrefix_ShowsInTheScore()
    {
        var scores = new EndpointScore[2];
        var request = new SchedulingRequest { MatchedTokens = [320, 320], TrustFactors = [0.5, 1], PromptTokens = 640 };

        new Scheduler(1).Explain(Fleet.Of(2), request, Policy, scores);

        Assert.Equal([0.25, 0.5], scores.Select(score => score.Prefix));
    }
}
