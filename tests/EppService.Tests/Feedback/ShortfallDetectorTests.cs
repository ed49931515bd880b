using OrleansKvRouter.EppService.Feedback;

namespace OrleansKvRouter.Tests.EppService.Feedback;

public sealed class ShortfallDetectorTests
{
    [Theory]
    [InlineData(1.0, 4)]
    [InlineData(0.8, 6)]
    [InlineData(0.5, 12)]
    [InlineData(0.4, 20)]
    public void Observe_LastingShortfall_IsFoundWithin20(double shortfall, int requests)
    {
        var detector = Settled();

        for (var i = 1; i < requests; i++) Assert.Equal(Finding.None, detector.Observe(shortfall));
        Assert.Equal(Finding.Contradicted, detector.Observe(shortfall));
    }

    [Fact]
    public void Observe_EvictionsThatOvertakeEveryFourthRequest_AreNoContradiction()
    {
        var detector = Settled();

        for (var i = 0; i < 10_000; i++) Assert.Equal(Finding.None, detector.Observe(i % 4 == 0 ? 1 : 0));
    }

    [Fact]
    public void Observe_EvictionsThatOvertakeAFewPercentAtRandom_AreNoContradiction()
    {
        var detector = Settled();
        var random = new Random(1);

        for (var i = 0; i < 20_000; i++) Assert.Equal(Finding.None, detector.Observe(random.NextDouble() < 0.03 ? 1 : 0));
    }

    [Fact]
    public void Observe_PredictionsThatHoldAgain_AreConfirmedOnceAfterFiveInARow()
    {
        var detector = Settled();
        for (var i = 0; i < 4; i++) detector.Observe(1);

        double[] mixed = [0, 0, 0, 0, 1, 0, 0, 0, 0];
        Assert.All(mixed, shortfall => Assert.Equal(Finding.None, detector.Observe(shortfall)));
        Assert.Equal(Finding.Confirmed, detector.Observe(0));
        Assert.Equal(Finding.None, detector.Observe(0));
    }

    private static ShortfallDetector Settled()
    {
        var detector = new ShortfallDetector();
        for (var i = 0; i < 100; i++) Assert.Equal(Finding.None, detector.Observe(0));
        return detector;
    }
}
