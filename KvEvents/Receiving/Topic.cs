using System.Globalization;
using System.Net;
using System.Text;

namespace OrleansKvRouter.KvEvents.Receiving;

/// <summary>
/// The topic that an engine publishes under when the router binds: <c>kv@IP[:PORT]@MODEL</c>. An IPv6 address stands
/// bare or, as it must before a port, in brackets; the model's name may contain <c>/</c> and <c>@</c>.
/// </summary>
/// <param name="Ip">The pod's address, without brackets; an IPv6 address in its canonical spelling.</param>
/// <param name="Port">The engine's HTTP port when the topic names it.</param>
/// <param name="Model">The served model's name.</param>
internal sealed record Topic(string Ip, int? Port, string Model)
{
    /// <summary>What the router subscribes to.</summary>
    public static ReadOnlySpan<byte> Prefix => "kv@"u8;

    /// <summary>Longer topics are refused: names have an end.</summary>
    private const int MaxLength = 1024;

    /// <summary>Parses a topic; null when it has another form.</summary>
    public static Topic? Parse(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxLength || !utf8.StartsWith(Prefix)) return null;
        var text = Encoding.UTF8.GetString(utf8[Prefix.Length..]);
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (at <= 0 || at == text.Length - 1) return null;
        return TryParsePod(text.AsSpan(0, at), out var ip, out var port) ? new Topic(ip, port, text[(at + 1)..]) : null;
    }

    public override string ToString() => Port is null ? $"kv@{Ip}@{Model}" : Ip.Contains(':', StringComparison.Ordinal) ? $"kv@[{Ip}]:{Port}@{Model}" : $"kv@{Ip}:{Port}@{Model}";

    private static bool TryParsePod(ReadOnlySpan<char> pod, out string ip, out int? port)
    {
        (ip, port) = ("", null);
        var end = pod.LastIndexOf(':');
        var bareIpv6 = end >= 0 && pod[0] != '[' && pod[..end].Contains(':');
        if (end >= 0 && !bareIpv6 && pod[^1] != ']')
        {
            if (!ushort.TryParse(pod[(end + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0) return false;
            port = number;
            pod = pod[..end];
        }

        if (pod.Length > 2 && pod[0] == '[' && pod[^1] == ']') pod = pod[1..^1];
        if (pod.IsEmpty || pod.IndexOfAny('[', ']', ' ') >= 0) return false;
        if (!pod.Contains(':'))
        {
            ip = pod.ToString();
            return true;
        }

        if (!IPAddress.TryParse(pod, out var address)) return false;
        ip = address.ToString();
        return true;
    }
}
