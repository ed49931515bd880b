using Microsoft.Extensions.DependencyInjection;
using OrleansKvRouter.Grains.Membership;

namespace OrleansKvRouter.Grains.Gossip;

/// <summary>Whom this silo hears, and since when not. Any thread.</summary>
internal sealed class GossipCircle(IServiceProvider services, Silos silos, GossipInstruments instruments, TimeProvider time)
{
    /// <summary>Who has been silent for so long is forgotten until he speaks again. Every silo speaks several times within it.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    private readonly Lock _hearing = new();
    private readonly Dictionary<SiloAddress, Heard> _heard = [];

    /// <summary>What is told of. The node's parts are made after this, and some of them are topics.</summary>
    public IReadOnlyList<IGossipTopic> Topics => field ??= [.. services.GetServices<IGossipTopic>()];

    /// <summary>The silos that were heard within <see cref="Silence"/>.</summary>
    public int Speakers
    {
        get { lock (_hearing) return _heard.Count; }
    }

    public void Hear(GossipMessage message)
    {
        lock (_hearing)
        {
            // One that is late says what was made good since; a silo that is gone does not come back under its address.
            if (!silos.Active.All.Contains(message.From) || (_heard.TryGetValue(message.From, out var last) && last.Number >= message.Number))
            {
                instruments.Passed();
                return;
            }

            _heard[message.From] = new Heard(message.Number, time.GetTimestamp());
            for (var i = 0; i < message.Topics.Length && i < message.Told.Length; i++)
            {
                if (Topics.FirstOrDefault(topic => topic.Name == message.Topics[i]) is not { } topic) continue;
                if (topic.Hear(message.From, message.Told[i])) instruments.Heard(topic.Name);
                else instruments.Malformed(topic.Name);
            }
        }
    }

    /// <summary>Forgets those who are gone or silent.</summary>
    public void Sweep()
    {
        lock (_hearing)
        {
            var active = silos.Active.All;
            foreach (var (silo, heard) in _heard)
            {
                if (active.Contains(silo) && time.GetElapsedTime(heard.At) < Silence) continue;
                _heard.Remove(silo);
                foreach (var topic in Topics) topic.Forget(silo);
            }
        }
    }

    private readonly record struct Heard(long Number, long At);
}
