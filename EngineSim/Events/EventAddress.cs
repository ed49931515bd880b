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
    public static EventAddress Of(string endpoint, string host)
    {
        var isBound = endpoint.Contains('*', StringComparison.Ordinal)
            || endpoint.Contains("::", StringComparison.Ordinal)
            || endpoint.StartsWith("ipc://", StringComparison.Ordinal)
            || endpoint.StartsWith("inproc://", StringComparison.Ordinal);
        return new EventAddress(OnHost(endpoint, host), isBound);
    }

    private static string OnHost(string endpoint, string host) => host switch
    {
        "0.0.0.0" or "::" => endpoint,
        _ when host.Contains(':', StringComparison.Ordinal) => endpoint.Replace("//*:", $"//[{host}]:", StringComparison.Ordinal),
        _ => endpoint.Replace("//*:", $"//{host}:", StringComparison.Ordinal),
    };
}
