using System.Collections.Concurrent;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;

namespace OrleansKvRouter.Tests.KvEvents.Trials.Fleet;

/// <summary>A directory of endpoints, found by the address in their topic.</summary>
internal sealed class Endpoints : IFeedDirectory
{
    private readonly ConcurrentDictionary<string, FeedTarget> _byIp = new();

    /// <summary>An address of its own for endpoint <paramref name="number"/>; nothing is sent there.</summary>
    public static string IpOf(int number) => $"10.1.{number / 250}.{(number % 250) + 1}";

    public static string TopicOf(int number) => $"kv@{IpOf(number)}@model";

    public void Add(int number, FeedTarget target) => _byIp[IpOf(number)] = target;

    public FeedTarget? Find(string ip, int? port, int rank, string model) => _byIp.GetValueOrDefault(ip);
}
