using OrleansKvRouter.Scheduling.Model;

namespace OrleansKvRouter.Tests.Scheduling;

public sealed class EndpointLoadTests
{
    private readonly EndpointLoad _load = new();

    [Fact]
    public void UnseenRequests_BeforeAnyScrape_AreAllInFlight()
    {
        _load.Enter(1);
        _load.Enter(1);

        Assert.Equal(2, _load.UnseenRequests);
    }

    [Fact]
    public void UnseenRequests_SentSinceTheScrapeBegan_AreCountedUntilAnswered()
    {
        _load.Enter(10);
        var begun = _load.Entered;
        _load.Enter(20);
        _load.Observe(Fleet.Metrics(), new LoadMark(begun, TimeSpan.Zero));

        Assert.Equal(1, _load.UnseenRequests);
        _load.Enter(30);
        Assert.Equal(2, _load.UnseenRequests);
        _load.Leave(10);
        _load.Leave(20);
        Assert.Equal(1, _load.UnseenRequests);
        _load.Leave(30);
        Assert.Equal((0, 0, 0L), (_load.UnseenRequests, _load.InFlightRequests, _load.InFlightTokens));
    }

    [Fact]
    public void UnseenRequests_AfterTheNextScrape_AreSeen()
    {
        _load.Enter(10);
        _load.Metrics = Fleet.Metrics();

        Assert.Equal(0, _load.UnseenRequests);
    }
}
