using System.Net;
using System.Net.Sockets;

namespace OrleansKvRouter.Bench.Cluster;

/// <summary>
/// What a Kubernetes Service is to engines that connect to the router: one address, behind which each new connection goes to the next silo
/// that takes it. A connection ends with its silo, and the engine's next one goes to another.
/// </summary>
internal sealed class EventService : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int[] _silos;
    private int _next;

    /// <param name="silos">The silos' event ports.</param>
    public EventService(int[] silos)
    {
        _silos = silos;
        _listener.Start();
        Address = $"tcp://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _ = AcceptAsync();
    }

    /// <summary>As a ZeroMQ address.</summary>
    public string Address { get; }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient engine)
    {
        using var near = engine;
        using var far = await ConnectAsync();
        if (far is null) return;
        try
        {
            var (nearStream, farStream) = (near.GetStream(), far.GetStream());
            await Task.WhenAny(nearStream.CopyToAsync(farStream), farStream.CopyToAsync(nearStream));
        }
        catch (InvalidOperationException)
        {
            // One side was gone before anything was said.
        }
    }

    /// <summary>The next silo that takes a connection; null where none does.</summary>
    private async Task<TcpClient?> ConnectAsync()
    {
        for (var attempt = 0; attempt < _silos.Length; attempt++)
        {
            var silo = new TcpClient { NoDelay = true };
            try
            {
                await silo.ConnectAsync(IPAddress.Loopback, _silos[(uint)Interlocked.Increment(ref _next) % (uint)_silos.Length]);
                return silo;
            }
            catch (SocketException)
            {
                silo.Dispose();
            }
        }

        return null;
    }
}
