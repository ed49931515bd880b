using System.Globalization;

namespace OrleansKvRouter.EngineSim.Events;

/// <summary>A ZeroMQ address, and whether an engine binds it or connects to it.</summary>
internal readonly record struct EventAddress(string Address, bool IsBound)
{
    /// <summary>
    /// By vLLM's rule (spec 2.2) what names no single machine is bound. A pod's <c>*</c> is the pod's own IP, so an engine
    /// that serves on one address binds that one, and several engines on one machine can use one port.
    /// </summary>
    /// <param name="endpoint">As configured.</param>
    /// <param name="host">The IP address that the engine serves on.</param>
    /// <param name="rank">The data-parallel rank, which vLLM adds to the port (spec 2.1).</param>
    public static EventAddress Of(string endpoint, string host, int rank = 0)
    {
        var isBound = endpoint.Contains('*', StringComparison.Ordinal)
            || endpoint.Contains("::", StringComparison.Ordinal)
            || endpoint.StartsWith("ipc://", StringComparison.Ordinal)
            || endpoint.StartsWith("inproc://", StringComparison.Ordinal);
        return new EventAddress(OfRank(OnHost(endpoint, host), rank), isBound);
    }

    private static string OfRank(string endpoint, int rank)
    {
        if (rank == 0) return endpoint;
        if (endpoint.StartsWith("inproc://", StringComparison.Ordinal)) return string.Create(CultureInfo.InvariantCulture, $"{endpoint}_dp{rank}");
        var colon = endpoint.LastIndexOf(':');
        // What has no port is refused by the socket, by name.
        return int.TryParse(endpoint.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? string.Create(CultureInfo.InvariantCulture, $"{endpoint[..colon]}:{port + rank}")
            : endpoint;
    }

    private static string OnHost(string endpoint, string host) => host switch
    {
        "0.0.0.0" or "::" => endpoint,
        _ when host.Contains(':', StringComparison.Ordinal) => endpoint.Replace("//*:", $"//[{host}]:", StringComparison.Ordinal),
        _ => endpoint.Replace("//*:", $"//{host}:", StringComparison.Ordinal),
    };
}
