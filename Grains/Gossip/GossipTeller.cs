using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Grains.Membership;

namespace OrleansKvRouter.Grains.Gossip;

/// <summary>Tells all other silos ten times a second what is new, and now and then everything, be it nothing: then they hear that this one is there.</summary>
internal sealed class GossipTeller(GossipCircle circle, GossipClient client, Silos silos, GossipInstruments instruments, TimeProvider time, ILogger<GossipTeller> log) : BackgroundService
{
    private const int RoundsPerFull = 6;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    // Whoever hears of silos that came and went under one address tells them apart by the address's generation.
    private long _number;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var rounds = new PeriodicTimer(Interval, time);
        try
        {
            for (var round = 0L; await rounds.WaitForNextTickAsync(stoppingToken); round++)
            {
                circle.Sweep();
                Tell(full: round % RoundsPerFull == 0);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private void Tell(bool full)
    {
        // What nobody hears is looked at all the same: what is new must not pile up.
        var told = circle.Topics.Select(topic => (topic.Name, Bytes: topic.Look(full))).Where(topic => topic.Bytes is not null).ToArray();
        if (told.Length == 0 && !full) return;
        var message = new GossipMessage(silos.Local, ++_number, Array.ConvertAll(told, topic => topic.Name), Array.ConvertAll(told, topic => topic.Bytes!));
        foreach (var silo in silos.Active.All)
        {
            if (!silo.Equals(silos.Local)) _ = TellAsync(silo, message);
        }
    }

    private async Task TellAsync(SiloAddress silo, GossipMessage message)
    {
        try
        {
            await client.At(silo).TellAsync(message);
            instruments.Told();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // It is about to be known as gone.
            log.NotTold(silo.ToString(), e.Message);
        }
    }
}
