using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace OrleansKvRouter.Tests.Support;

/// <summary>Waiting for a state that another thread or process brings about.</summary>
public static class Eventually
{
    /// <summary>Returns as soon as <paramref name="holds"/> does; throws after <paramref name="within"/> (30 s) with <paramref name="what"/>.</summary>
    public static async Task TrueAsync(Func<bool> holds, string what, TimeSpan? within = null) =>
        await TrueAsync(() => Task.FromResult(holds()), what, within);

    public static async Task TrueAsync(Func<Task<bool>> holds, string what, TimeSpan? within = null)
    {
        var limit = within ?? TimeSpan.FromSeconds(30);
        var started = Stopwatch.GetTimestamp();
        while (!await holds())
        {
            if (Stopwatch.GetElapsedTime(started) > limit) throw new TimeoutException($"not within {limit.TotalSeconds:0} s: {what}");
            await Task.Delay(10);
        }
    }
}

/// <summary>TCP ports on loopback that nobody listens on now.</summary>
public static class Ports
{
    /// <summary>So many ports, all different because each is held while the next is asked for.</summary>
    public static int[] FreeSet(int count)
    {
        var listeners = new TcpListener[count];
        for (var i = 0; i < count; i++) (listeners[i] = new TcpListener(IPAddress.Loopback, 0)).Start();
        var ports = Array.ConvertAll(listeners, listener => ((IPEndPoint)listener.LocalEndpoint).Port);
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }

    /// <summary>
    /// So many ports that no outgoing connection is given (Linux gives 32768 and up), for listeners that start later: whoever
    /// tries to connect to another port meanwhile may get it as its own.
    /// </summary>
    public static int[] Reserve(int count)
    {
        var ports = new HashSet<int>();
        while (ports.Count < count)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            using var listener = new TcpListener(IPAddress.Any, port);
            try
            {
                listener.Start();
                ports.Add(port);
            }
            catch (SocketException)
            {
                // Taken: another one is drawn.
            }
        }

        return [.. ports];
    }

    /// <summary>As <see cref="Reserve"/>, so many in a row; the first of them.</summary>
    public static int ReserveRun(int count)
    {
        while (true)
        {
            var first = Random.Shared.Next(20_000, 32_000 - count);
            if (Enumerable.Range(first, count).All(IsFree)) return first;
        }
    }

    public static int Free(string address = "127.0.0.1")
    {
        using var listener = new TcpListener(IPAddress.Parse(address), 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Any, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
