using OrleansKvRouter.Scheduling.Model;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.Scheduling;

/// <summary>What others have in flight counts while it is fresh, and never beside the scrape that has counted it.</summary>
public sealed class OtherReplicasTests
{
    private readonly ManualTime _time = new();
    private readonly LoadClock _clock;
    private readonly EndpointLoad _load = new();

    public OtherReplicasTests() => _clock = new LoadClock(_time, TimeSpan.FromSeconds(2));

    [Fact]
    public void InFlight_OwnAndTwoOthers_IsTheirSum()
    {
        _load.Enter(10);
        Hear("b", requests: 2, entered: 2);
        Hear("c", requests: 3, entered: 3);
        Hear("b", requests: 1, entered: 2);

        Assert.Equal((5, 410L, 5), (_load.InFlightRequests, _load.InFlightTokens, _load.UnseenRequests));
        Assert.Equal((1, 10L), (_load.OwnRequests, _load.OwnTokens));
        _load.Forget("c");
        Assert.Equal((2, 110L, 2), (_load.InFlightRequests, _load.InFlightTokens, _load.UnseenRequests));
    }

    [Fact]
    public void InFlight_SaidTooLongAgo_CountsNoMore()
    {
        Hear("b", requests: 2, entered: 2);
        Pass(1500);
        Hear("c", requests: 1, entered: 1);
        Pass(500);
        Assert.Equal(3, _load.InFlightRequests);
        Pass(1);
        Assert.Equal((1, 100L, 1), (_load.InFlightRequests, _load.InFlightTokens, _load.UnseenRequests));
    }

    [Fact]
    public void UnseenRequests_SaidBeforeTheScrape_AreSeen()
    {
        Hear("b", requests: 3, entered: 3);
        Pass(10);
        Scrape();

        Assert.Equal((0, 3), (_load.UnseenRequests, _load.InFlightRequests));
    }

    /// <summary>The look that the scrape fell into tells nothing of which came first.</summary>
    [Fact]
    public void UnseenRequests_LookThatTheScrapeFellInto_CountsAsSeenAndTheNextOnesDoNot()
    {
        Hear("b", requests: 3, entered: 3);
        Pass(50);
        Scrape();
        Pass(50);
        Hear("b", requests: 5, entered: 5, before: 3, sinceLast: 100);
        Assert.Equal(0, _load.UnseenRequests);

        Pass(100);
        Hear("b", requests: 9, entered: 9, before: 5, sinceLast: 100);
        Assert.Equal(4, _load.UnseenRequests);
        Pass(100);
        Hear("b", requests: 2, entered: 10, before: 9, sinceLast: 100);
        Assert.Equal(2, _load.UnseenRequests);
        Scrape();
        Assert.Equal((0, 2), (_load.UnseenRequests, _load.InFlightRequests));
    }

    /// <summary>Nothing is told while nothing changes, so the first that is told after a scrape may be the burst itself.</summary>
    [Fact]
    public void UnseenRequests_LookedAfterTheScrapeAndHadNothingToTell_TheWholeBurstIsUnseen()
    {
        Scrape();
        Pass(150);
        Hear("b", requests: 6, entered: 6, before: 0, sinceLast: 100);

        Assert.Equal(6, _load.UnseenRequests);
    }

    private void Scrape() => _load.Observe(Fleet.Metrics(), new LoadMark(_load.Entered, _time.GetElapsedTime(0)));

    private void Pass(int milliseconds)
    {
        _time.Pass(TimeSpan.FromMilliseconds(milliseconds));
        _clock.Refresh();
    }

    private void Hear(string replica, int requests, long entered, long before = 0, int sinceLast = 10_000) =>
        _load.Hear(_clock, replica, new ReplicaShare(requests, requests * 100, entered, before, _clock.Now, _clock.Now - TimeSpan.FromMilliseconds(sinceLast)));
}
