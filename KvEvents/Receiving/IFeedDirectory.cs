using OrleansKvRouter.KvEvents.Feeds;

namespace OrleansKvRouter.KvEvents.Receiving;

/// <summary>Tells which endpoint's cache a stream of events describes. The node implements it from its pools.</summary>
public interface IFeedDirectory
{
    /// <summary>
    /// Finds the endpoint that publishes under an address; null while no pool has such a pod. Any thread may ask.
    /// </summary>
    /// <param name="ip">The pod's IP as the topic <c>kv@ip[:port]@model</c> spells it.</param>
    /// <param name="port">The HTTP port when the topic names one.</param>
    /// <param name="rank">The batch's data-parallel rank, 0 when it has none.</param>
    /// <param name="model">The served model's name in the topic.</param>
    FeedTarget? Find(string ip, int? port, int rank, string model);
}
