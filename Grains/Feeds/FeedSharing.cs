using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.KvEvents.Feeds;

namespace OrleansKvRouter.Grains.Feeds;

/// <summary>
/// This silo's part in following engines: hands what it hears of others' engines to their owners' grains, and lets in what others heard
/// of its own.
/// </summary>
internal sealed class FeedSharing(IGrainFactory grains, IServiceProvider services, FeedInstruments instruments, TimeProvider time, ILogger<FeedSharing> log) : IFeedSharing
{
    private readonly ConcurrentDictionary<string, FeedForwarder> _forwarders = new(StringComparer.Ordinal);
    private volatile IFeedEntrance? _entrance;

    // The node is made after this, and knows it.
    private IEngineDirectory Directory => field ??= (IEngineDirectory)services.GetService(typeof(IEngineDirectory))!;

    public IReadOnlyCollection<FeedTarget> Engines => Directory.Engines;

    public FeedTarget? Find(string engine) => Engines.FirstOrDefault(target => target.EngineName == engine && !target.Retired);

    public void Start(IFeedEntrance entrance) => _entrance = entrance;

    /// <summary>Whose events are applied here has changed.</summary>
    public void Review() => _entrance?.Review();

    /// <summary>Takes over what another silo heard; how many of the batches.</summary>
    public int Accept(ForwardedBatches batches)
    {
        var taken = 0;
        while (taken < batches.Sequences.Length && _entrance?.TryDeliver(batches.Topic, batches.Sequences[taken], batches.Payloads[taken]) == true) taken++;
        instruments.Accepted(taken);
        return taken;
    }

    public void Forward(FeedTarget target, string topic, long sequence, ReadOnlySpan<byte> payload)
    {
        if (target.EngineName is not { } engine) return;
        _forwarders.GetOrAdd(engine, name => new FeedForwarder(grains.GetGrain<IEngineFeedGrain>(name), name, instruments, time, log)).Add(topic, sequence, payload);
    }

    public void Distrust(FeedTarget target, string cause) => Tell(target, grain => grain.DistrustAsync(cause));

    public void Trust(FeedTarget target) => Tell(target, grain => grain.TrustAsync());

    /// <summary>Forgets what waits for engines that are gone.</summary>
    public void Tidy()
    {
        var known = Engines.Select(target => target.EngineName).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in _forwarders.Keys.Where(engine => !known.Contains(engine))) _forwarders.TryRemove(gone, out _);
    }

    private async void Tell(FeedTarget target, Func<IEngineFeedGrain, Task> tell)
    {
        try
        {
            await tell(grains.GetGrain<IEngineFeedGrain>(target.EngineName!));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The next answer that contradicts says it again.
            log.OwnerNotTold(target.Endpoint, e.Message);
        }
    }
}
