using System.Globalization;

namespace OrleansKvRouter.KvEvents.Receiving;

/// <summary>Where an engine's sockets are: ports of its pod, to which each data-parallel rank adds its number (spec 2.1).</summary>
/// <param name="Ip">The pod's address; an IPv6 address without brackets.</param>
/// <param name="Rank">The rank that stands behind the endpoint.</param>
/// <param name="EventsPort">Where rank 0 publishes, for the router to connect to; null where engines connect to the router.</param>
/// <param name="ReplayPort">Where rank 0 replays; null where engines do not.</param>
public sealed record EngineSockets(string Ip, int Rank, int? EventsPort, int? ReplayPort)
{
    /// <summary>Where the engine publishes, as a ZeroMQ address; null where engines connect to the router.</summary>
    public string? Events => EventsPort is { } port ? Address(port + Rank) : null;

    /// <summary>Where a rank of the pod replays, as a ZeroMQ address; null where engines do not.</summary>
    public string? ReplayOf(int rank) => ReplayPort is { } port ? Address(port + rank) : null;

    private string Address(int port) => string.Create(
        CultureInfo.InvariantCulture,
        $"tcp://{(Ip.Contains(':', StringComparison.Ordinal) ? $"[{Ip}]" : Ip)}:{port}");
}
