using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Scheduling;
using OrleansKvRouter.Scheduling.Model;
using static OrleansKvRouter.Tests.Scheduling.Fleet;

namespace OrleansKvRouter.Tests.Scheduling;

public sealed class SchedulerTests
{
    private readonly Scheduler _scheduler = new(seed: 1);

    private static SchedulingRequest Request(int[]? matched = null, long promptTokens = 1000, EndpointSubset? subset = null) =>
        new() { MatchedTokens = matched ?? [], PromptTokens = promptTokens, Subset = subset };

    private static TrafficPolicy Policy(ScorerWeights? weights = null, int? maxQueueDepth = null) =>
        new() { Weights = weights ?? new ScorerWeights(), Admission = new AdmissionConfig { MaxQueueDepth = maxQueueDepth } };

    [Fact]
    public void Pick_IdleFleet_LongestPrefixAlwaysWins()
    {
        var random = new Random(1);
        for (var round = 0; round < 1000; round++)
        {
            var candidates = Enumerable.Range(0, random.Next(1, 40)).Select(i => Candidate(i, metrics: random.Next(2) == 0 ? Metrics() : null)).ToArray();
            var promptTokens = random.Next(1, 1_000_000);
            var matched = candidates.Select(_ => UsablePrefix.Tokens(random.Next(0, 8), 16, promptTokens)).ToArray();

            var pick = _scheduler.Pick(candidates, Request(matched, promptTokens), Policy());

            Assert.Equal(matched.Max(), matched[pick.Index]);
        }
    }

    [Fact]
    public void Pick_OneBlockMoreOfAVeryLongPrompt_StillWins()
    {
        var matched = new[] { 999_968, 999_984, 999_952 };

        for (var i = 0; i < 50; i++) Assert.Equal(1, _scheduler.Pick(Of(3), Request(matched, 1_000_000), Policy()).Index);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(100)]
    public void Pick_Ties_AreBrokenEvenly(int endpoints)
    {
        var candidates = Of(endpoints);
        const int PicksEach = 1000;
        var counts = new int[endpoints];
        for (var i = 0; i < endpoints * PicksEach; i++) counts[_scheduler.Pick(candidates, Request(), Policy()).Index]++;

        // Chi-square with k = endpoints − 1 degrees of freedom has mean k and variance 2k; five deviations above are beyond chance.
        var chiSquare = counts.Sum(count => Math.Pow(count - PicksEach, 2) / PicksEach);
        var freedom = endpoints - 1;
        Assert.InRange(chiSquare, 0, freedom + (5 * Math.Sqrt(2 * freedom)));
        Assert.True(chiSquare > freedom - (5 * Math.Sqrt(2 * freedom)) && counts.Distinct().Count() > 1, "evener than chance");
    }

    [Fact]
    public void Pick_TiesByRoundingNoise_AreTies()
    {
        // 0.1 + 0.2 against 0.3: the same sum by two ways.
        var weights = new ScorerWeights { Prefix = 0.3, QueueDepth = 0.1, KvCacheUtilization = 0.2, InFlightTokens = 0 };
        var candidates = new[] { Candidate(0, metrics: Metrics(waiting: 8, usage: 1)), Candidate(1, metrics: Metrics()) };
        var picked = Enumerable.Range(0, 200).Select(_ => _scheduler.Pick(candidates, Request([1000, 0]), Policy(weights)).Index).Distinct();

        Assert.Equal(2, picked.Count());
    }

    [Fact]
    public void Pick_SameSeed_SamePicks()
    {
        var candidates = Of(10);
        int[] Picks(ulong seed)
        {
            var scheduler = new Scheduler(seed);
            return [.. Enumerable.Range(0, 100).Select(_ => scheduler.Pick(candidates, Request(), Policy()).Index)];
        }

        Assert.Equal(Picks(5), Picks(5));
        Assert.NotEqual(Picks(5), Picks(6));
    }

    [Fact]
    public void Pick_NotReadyOrOutsideTheSubset_Never()
    {
        var random = new Random(2);
        for (var round = 0; round < 2000; round++)
        {
            var candidates = Enumerable.Range(0, random.Next(1, 20)).Select(i => Candidate(i, ready: random.Next(3) > 0)).ToArray();
            var chosen = candidates.Where(_ => random.Next(2) == 0).Select(candidate => candidate.Endpoint).ToArray();
            var subset = random.Next(2) == 0 ? null : new EndpointSubset(chosen.Select(endpoint => random.Next(2) == 0 ? endpoint.Ip : endpoint.Address));
            var matched = candidates.Select(_ => random.Next(1000)).ToArray();

            var pick = _scheduler.Pick(candidates, Request(matched, subset: subset), Policy());

            var allowed = candidates.Where(candidate => candidate.Endpoint.Ready && (subset is null || chosen.Contains(candidate.Endpoint))).ToArray();
            Assert.Equal(allowed.Length == 0 ? PickVerdict.NoEndpoint : PickVerdict.Picked, pick.Verdict);
            if (allowed.Length == 0) Assert.Equal(-1, pick.Index);
            else Assert.Contains(candidates[pick.Index], allowed);
        }
    }

    [Fact]
    public void Pick_NoCandidates_IsNoEndpoint() => Assert.Equal(new PickResult(PickVerdict.NoEndpoint, -1, 0), _scheduler.Pick([], Request(), Policy()));

    [Fact]
    public void Pick_LongerQueue_Loses()
    {
        var candidates = new[] { Candidate(0, metrics: Metrics(waiting: 1)), Candidate(1, metrics: Metrics(waiting: 0)), Candidate(2, metrics: Metrics(waiting: 2)) };

        for (var i = 0; i < 50; i++) Assert.Equal(1, _scheduler.Pick(candidates, Request(), Policy()).Index);
    }

    [Fact]
    public void Pick_FullerKvCache_Loses()
    {
        var candidates = new[] { Candidate(0, metrics: Metrics(usage: 0.9)), Candidate(1, metrics: Metrics(usage: 0.1)) };

        for (var i = 0; i < 50; i++) Assert.Equal(1, _scheduler.Pick(candidates, Request(), Policy()).Index);
    }

    [Fact]
    public void Pick_ShortQueue_DoesNotOutweighACachedPrompt_LongOneDoes()
    {
        int PickWith(int waiting) => _scheduler.Pick(
            [Candidate(0, metrics: Metrics(waiting)), Candidate(1, metrics: Metrics())], Request([400, 0]), Policy()).Index;

        Assert.Equal(0, PickWith(waiting: 1));
        Assert.Equal(1, PickWith(waiting: 50));
    }

    [Fact]
    public void Pick_Burst_SpreadsBeforeTheNextScrape()
    {
        var candidates = new[] { Candidate(0, metrics: Metrics()), Candidate(1, metrics: Metrics()), Candidate(2, metrics: Metrics()) };
        for (var i = 0; i < 300; i++) candidates[_scheduler.Pick(candidates, Request(promptTokens: 500), Policy()).Index].Load.Enter(500);

        Assert.All(candidates, candidate => Assert.Equal(100, candidate.Load.InFlightRequests));
    }

    [Fact]
    public void Pick_UnscrapedFleet_SpreadsByInFlightTokens()
    {
        var candidates = new[] { Candidate(0, inFlightTokens: 100), Candidate(1), Candidate(2, inFlightTokens: 50) };

        for (var i = 0; i < 50; i++) Assert.Equal(1, _scheduler.Pick(candidates, Request(), Policy()).Index);
    }

    [Fact]
    public void Explain_UnscrapedCandidate_ScoresTheMeanOfTheOthers()
    {
        var scores = new EndpointScore[3];
        _scheduler.Explain([Candidate(0, metrics: Metrics(waiting: 16, usage: 0.8)), Candidate(1, metrics: Metrics(waiting: 4, usage: 0.2)), Candidate(2)], Request(), Policy(), scores);

        Assert.Equal((scores[0].QueueDepth + scores[1].QueueDepth) / 2, scores[2].QueueDepth, 12);
        Assert.Equal((scores[0].KvCacheUtilization + scores[1].KvCacheUtilization) / 2, scores[2].KvCacheUtilization, 12);
    }

    [Fact]
    public void Explain_PickedEndpoint_IsThePicksAndScoresAddUp()
    {
        var random = new Random(4);
        var weights = new ScorerWeights { Prefix = 3, QueueDepth = 2, KvCacheUtilization = 1, InFlightTokens = 0.5 };
        for (var round = 0; round < 500; round++)
        {
            var candidates = Enumerable.Range(0, 10).Select(i => Candidate(i, random.Next(4) > 0, random.Next(4) == 0 ? null : Metrics(random.Next(30), random.NextDouble()), random.Next(20_000))).ToArray();
            var matched = candidates.Select(_ => random.Next(1000)).ToArray();
            var scores = new EndpointScore[10];

            var pick = new Scheduler(7).Pick(candidates, Request(matched), Policy(weights));
            Assert.Equal(pick, new Scheduler(7).Explain(candidates, Request(matched), Policy(weights), scores));

            for (var i = 0; i < 10; i++)
            {
                var named = scores[i].ByName();
                Assert.Equal(["prefix", "queueDepth", "kvCacheUtilization", "inFlightTokens"], named.Keys);
                Assert.All(named.Values, value => Assert.InRange(value, 0, 1));
                Assert.Equal(candidates[i].Endpoint.Ready, scores[i].Eligible);
                Assert.Equal((3 * named["prefix"]) + (2 * named["queueDepth"]) + named["kvCacheUtilization"] + (0.5 * named["inFlightTokens"]), scores[i].Total, 12);
            }

            if (pick.Index >= 0) Assert.Equal(scores.Max(score => score.Total), scores[pick.Index].Total, 9);
        }
    }

    [Theory]
    [InlineData(4, 4, true)]
    [InlineData(4, 3, false)]
    [InlineData(9, 4, true)]
    public void Pick_QueuesAtTheBound_AreShed(int first, int second, bool shed)
    {
        var candidates = new[] { Candidate(0, metrics: Metrics(first)), Candidate(1, metrics: Metrics(second)), Candidate(2, ready: false, metrics: Metrics(0)) };

        Assert.Equal(shed ? PickVerdict.Overloaded : PickVerdict.Picked, _scheduler.Pick(candidates, Request(), Policy(maxQueueDepth: 4)).Verdict);
        Assert.Equal(PickVerdict.Picked, _scheduler.Pick(candidates, Request(), Policy()).Verdict);
    }

    [Fact]
    public void Pick_OneQueueUnknown_IsNotShed() =>
        Assert.Equal(PickVerdict.Picked, _scheduler.Pick([Candidate(0, metrics: Metrics(9)), Candidate(1)], Request(), Policy(maxQueueDepth: 4)).Verdict);

    [Fact]
    public void Pick_SubsetOfFullQueues_IsShedThoughOthersAreFree()
    {
        var subset = new EndpointSubset(["10.0.0.1:8000"]);

        Assert.Equal(PickVerdict.Overloaded, _scheduler.Pick([Candidate(0, metrics: Metrics(9)), Candidate(1, metrics: Metrics(0))], Request(subset: subset), Policy(maxQueueDepth: 4)).Verdict);
    }

    [Fact]
    public async Task Pick_WhileLoadsChange_ScoresStayInRange()
    {
        var candidates = Of(20);
        using var done = new CancellationTokenSource();
        var writer = Task.Run(() =>
        {
            var random = new Random(9);
            while (!done.IsCancellationRequested)
            {
                var load = candidates[random.Next(20)].Load;
                load.Enter(10_000);
                load.Metrics = random.Next(3) == 0 ? null : Metrics(random.Next(1000), random.NextDouble());
                if (random.Next(2) == 0) load.Leave(10_000);
            }
        });
        var scores = new EndpointScore[20];
        for (var i = 0; i < 20_000; i++)
        {
            Assert.Equal(PickVerdict.Picked, _scheduler.Explain(candidates, Request(), Policy(), scores).Verdict);
            Assert.DoesNotContain(scores, score => score.Total is not (>= 0 and <= 8));
        }

        await done.CancelAsync();
        await writer;
    }
}
