using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.EppService.Admin;

namespace OrleansKvRouter.Tests.EppService.Admin;

public sealed class DecisionLogTests
{
    [Fact]
    public void Recent_AfterMoreThanTheCapacity_HasTheLastOnesNewestFirst()
    {
        var log = new DecisionLog(capacity: 4);

        for (var i = 0; i < 10; i++) log.Add(Routed($"r{i}"));

        Assert.Equal(["r9", "r8", "r7", "r6"], log.Recent().Select(d => d.RequestId));
        Assert.Equal(["r9"], log.Recent(1).Select(d => d.RequestId));
    }

    [Fact]
    public async Task Add_FromManyThreads_CountsAll()
    {
        var log = new DecisionLog();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 5000; i++) log.Add(i % 5 == 0 ? Routed("x") with { Status = 503 } : Routed("x"));
        })));

        var totals = log.Totals();
        Assert.Equal((16_000, 4_000, 1_600_000, 1_024_000), (totals.Picked, totals.Refused, totals.Tokens, totals.MatchedTokens));
        Assert.Equal(20_000, totals.Times.Sum());
        Assert.Equal(DecisionLog.DefaultCapacity, log.Recent().Count);
    }

    [Fact]
    public void History_EachSecond_HasItsOwnDecisionsAndFiveMinutesAreKept()
    {
        var (log, time) = (new DecisionLog(), new ManualTime());
        using var history = new DecisionHistory(log, time);

        log.Add(Routed("a"));
        log.Add(Routed("b") with { Status = 429 });
        time.Pass(TimeSpan.FromSeconds(1));
        time.Pass(TimeSpan.FromSeconds(1));
        log.Add(Routed("c"));
        time.Pass(TimeSpan.FromSeconds(1));

        var points = history.Since(0);
        Assert.Equal([(1, 1, 100, 64), (0, 0, 0, 0), (1, 0, 100, 64)], points.Select(p => ((int)p.Picked, (int)p.Refused, (int)p.Tokens, (int)p.MatchedTokens)));
        Assert.Null(points[1].P50Microseconds);
        Assert.InRange(points[2].P99Microseconds!.Value, 180, 220);
        Assert.Equal(points[2], Assert.Single(history.Since(points[1].Time)));

        for (var i = 0; i < 400; i++) time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(DecisionHistory.Seconds, history.Since(0).Count);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(3)]
    [InlineData(87)]
    [InlineData(950)]
    [InlineData(1_300_000)]
    public void Percentile_OfOneTime_IsThatTimeWithinTenPercent(double microseconds)
    {
        var counts = new long[DecisionTimes.Buckets];
        counts[DecisionTimes.BucketOf(microseconds)] = 10;

        Assert.InRange(DecisionTimes.Percentile(counts, 0.99)!.Value, Math.Max(1, microseconds) * 0.9, Math.Max(1, microseconds) * 1.1);
    }

    [Fact]
    public void Percentile_OfMany_IsTheRankAskedFor()
    {
        var counts = new long[DecisionTimes.Buckets];
        counts[DecisionTimes.BucketOf(100)] = 98;
        counts[DecisionTimes.BucketOf(10_000)] = 2;

        Assert.InRange(DecisionTimes.Percentile(counts, 0.5)!.Value, 90, 110);
        Assert.InRange(DecisionTimes.Percentile(counts, 0.98)!.Value, 90, 110);
        Assert.InRange(DecisionTimes.Percentile(counts, 0.99)!.Value, 9_000, 11_000);
    }

    private static Decision Routed(string id) => new()
    {
        Time = DateTimeOffset.UnixEpoch, RequestId = id, Status = 200, Tokens = 100, MatchedTokens = 64, DecisionMicroseconds = 200,
    };
}
