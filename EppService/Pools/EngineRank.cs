using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.EppService.Speculation;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.Scheduling.Model;

namespace OrleansKvRouter.EppService.Pools;

/// <summary>
/// One data-parallel rank behind an endpoint: an engine core with a cache of its own.
/// </summary>
/// <param name="Number">The rank's number in its pod, as its events and its ports have it.</param>
/// <param name="Feed">Where its events go.</param>
/// <param name="Predictions">How its predictions fare.</param>
/// <param name="Load">What was sent to it by name.</param>
internal sealed record EngineRank(int Number, FeedTarget Feed, PredictionLedger Predictions, EndpointLoad Load)
{
    /// <summary>It among the prefixes that were just routed.</summary>
    public RoutedHolders Routed { get; } = new();
}
