using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OrleansKvRouter.Tests.KvEvents.Doubles;

/// <summary>A wire between two ports that can be slow, and that can be cut with all that is under way in it.</summary>
internal sealed class TcpProxy : IDisposable
{
    private readonly TcpListener _listener;
    private readonly ConcurrentDictionary<TcpClient, TcpClient> _connections = new();
    private readonly int _target;
    private volatile int _delay;

    public TcpProxy(int target, int port = 0)
    {
        (_target, _listener) = (target, new TcpListener(IPAddress.Loopback, port));
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    public int Cuts { get; private set; }

    /// <summary>Milliseconds by which each piece is late.</summary>
    public int Delay { set => _delay = value; }

    public void Cut()
    {
        foreach (var (near, far) in _connections)
        {
            Cuts++;
            Close(near, far);
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        Cut();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient near;
            try
            {
                near = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            var far = new TcpClient();
            try
            {
                await far.ConnectAsync(IPAddress.Loopback, _target);
            }
            catch (SocketException)
            {
                // Nobody there: the near side sees a connection that ends at once.
                near.Dispose();
                continue;
            }

            _connections[near] = far;
            var (nearStream, farStream) = (near.GetStream(), far.GetStream());
            _ = PumpAsync(nearStream, farStream, near, far);
            _ = PumpAsync(farStream, nearStream, near, far);
        }
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to, TcpClient near, TcpClient far)
    {
        var buffer = new byte[4096];
        try
        {
            for (int read; (read = await from.ReadAsync(buffer)) > 0;)
            {
                if (_delay > 0) await Task.Delay(_delay);
                await to.WriteAsync(buffer.AsMemory(0, read));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Cut, or closed by one side: the other side is closed too.
        }

        Close(near, far);
    }

    private void Close(TcpClient near, TcpClient far)
    {
        _connections.TryRemove(near, out _);
        near.Dispose();
        far.Dispose();
    }
}
