using System.Net;
using OrleansKvRouter.Contracts.Resources;

namespace OrleansKvRouter.Scheduling;

/// <summary>
/// The only endpoints that a request may go to, as a proxy's subset hint lists them: <c>ip:port</c> for one endpoint,
/// <c>ip</c> for every port of a pod. Built once a request; asked once or twice per endpoint.
/// </summary>
public sealed class EndpointSubset
{
    private readonly HashSet<string> _addresses = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ips = new(StringComparer.Ordinal);

    /// <param name="entries">
    /// The hint's entries; blanks around one are ignored, IPv6 may be in any spelling. An entry that is no address
    /// names no endpoint; a hint of nothing else therefore allows none.
    /// </param>
    public EndpointSubset(IEnumerable<string> entries)
    {
        foreach (var entry in entries)
        {
            var text = entry.AsSpan().Trim();
            if (IsBareAddress(text, out var ip)) _ips.Add(ip.ToString());
            else if (IPEndPoint.TryParse(text, out var endpoint)) _addresses.Add(endpoint.ToString());
        }
    }

    public bool Contains(EndpointSpec endpoint) => _addresses.Contains(endpoint.Address) || _ips.Contains(endpoint.Ip);

    private static bool IsBareAddress(ReadOnlySpan<char> text, out IPAddress ip)
    {
        // IPAddress alone would take the brackets' port away in silence.
        ip = IPAddress.None;
        var bracketed = text.StartsWith("[") && text.EndsWith("]");
        return (bracketed || !text.Contains('[')) && IPAddress.TryParse(bracketed ? text[1..^1] : text, out ip!);
    }
}
