using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.KvEvents.Feeds;

namespace OrleansKvRouter.Tests.EppService.Feedback;

internal static class Ledgers
{
    public static PredictionLedger Open(FeedTarget feed) => new(feed, TimeProvider.System, NullLogger.Instance);
}
