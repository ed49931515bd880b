using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansKvRouter.Loopback;

/// <summary>
/// TCP ports for listeners that start later, in this process or in one that it starts. A port is never given out twice, not
/// even to two processes at once, and stays the process's own to its end. Any thread may take one.
/// </summary>
/// <remarks>
/// Asking the system for a free port, closing it and listening there later is a race: whoever connects to anything
/// meanwhile may get that port as its own end. So ports are drawn from below the range that connections are given, and each
/// is held by a UDP socket of the same number, which takes nothing from TCP: no other process that draws ports this way
/// can bind it, and the system closes it with the process.
/// </remarks>
public static class Ports
{
    private const int UsualFirstEphemeral = 32_768;

    private static readonly (int From, int To) Range = RangeBelow(FirstEphemeral());
    private static readonly Lock Gate = new();
    private static readonly List<Socket> Held = [];

    /// <summary>A port that nobody listens on at any address.</summary>
    public static int Take() => Take(1)[0];

    /// <summary>So many ports that nobody listens on at any address.</summary>
    public static int[] Take(int count)
    {
        var ports = new int[count];
        for (var i = 0; i < count; i++)
        {
            while (!TryTake(ports[i] = Random.Shared.Next(Range.From, Range.To)))
            {
                // Taken: another one is drawn.
            }
        }

        return ports;
    }

    /// <summary>The first port from <paramref name="first"/> on that nobody listens on at any address, for numbers that people are to recognize.</summary>
    public static int TakeFrom(int first)
    {
        while (!TryTake(first)) first++;
        return first;
    }

    /// <summary>The first of so many neighbouring ports that nobody listens on at any address.</summary>
    public static int TakeRow(int count)
    {
        while (true)
        {
            // The beginning of a row that is taken further on stays with the process: there are plenty.
            var first = Random.Shared.Next(Range.From, Range.To - count);
            if (Enumerable.Range(first, count).All(TryTake)) return first;
        }
    }

    private static bool TryTake(int port)
    {
        var hold = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            hold.Bind(new IPEndPoint(IPAddress.Any, port));
            // Bound is enough to see a listener, and does not look like one should a process be forked just now.
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(IPAddress.Any, port));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            hold.Dispose();
            return false;
        }

        lock (Gate) Held.Add(hold);
        return true;
    }

    /// <summary>Where the range of outgoing connections begins on this machine.</summary>
    private static int FirstEphemeral()
    {
        const string Setting = "/proc/sys/net/ipv4/ip_local_port_range";
        return File.Exists(Setting) && int.TryParse(File.ReadAllText(Setting).Split('\t', ' ')[0], CultureInfo.InvariantCulture, out var first) ? first : UsualFirstEphemeral;
    }

    /// <summary>The upper part of what lies below; of a machine that leaves next to nothing there, the usual part.</summary>
    private static (int From, int To) RangeBelow(int ephemeral)
    {
        var to = ephemeral < 4096 ? UsualFirstEphemeral : ephemeral;
        return (to * 5 / 8, to);
    }
}
