using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OrleansKvRouter.Tests.KvEvents.Trials.Fleet;

/// <summary>
/// A wire between two ports that is slow, loses messages, and can be cut with all that is under way in it. It knows as much of
/// ZMTP 3 (ZeroMQ RFC 23) as it takes to lose whole messages: those of several frames, which are events, replay requests and replies.
/// </summary>
internal sealed class Wire : IDisposable
{
    private const int GreetingBytes = 64;
    private const byte More = 1, Long = 2, Command = 4;

    private readonly TcpListener _listener;
    private readonly ConcurrentDictionary<TcpClient, TcpClient> _connections = new();
    private readonly int _target;
    private volatile int _delay;
    private volatile int _lossPerMille;
    private long _dropped;

    /// <param name="target">The port that it leads to.</param>
    /// <param name="port">The port that it begins at; 0 for any.</param>
    public Wire(int target, int port = 0)
    {
        _target = target;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    public int Cuts { get; private set; }

    /// <summary>Messages lost on purpose; what cuts take with them is not known.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Milliseconds by which every eighth message, and those behind it, are late at most.</summary>
    public int Delay { set => _delay = value; }

    /// <summary>Of a thousand messages, so many are lost.</summary>
    public int LossPerMille { set => _lossPerMille = value; }

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

            // A near side that is gone already must not end the listening.
            _ = ConnectAsync(near);
        }
    }

    private async Task ConnectAsync(TcpClient near)
    {
        var far = new TcpClient();
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _target);
            var (nearStream, farStream) = (near.GetStream(), far.GetStream());
            _connections[near] = far;
            await Task.WhenAll(PumpAsync(nearStream, farStream, near, far), PumpAsync(farStream, nearStream, near, far));
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException)
        {
            // Nobody there, or nobody any more: both sides see a connection that ends at once.
            Close(near, far);
        }
    }

    private async Task PumpAsync(NetworkStream source, NetworkStream to, TcpClient near, TcpClient far)
    {
        try
        {
            await using var from = new BufferedStream(source, 1 << 16);
            await GreetAsync(from, to);
            var message = new MemoryStream();
            while (true)
            {
                var frames = await ReadMessageAsync(from, message);
                if (frames > 1 && Random.Shared.Next(1000) < _lossPerMille)
                {
                    Interlocked.Increment(ref _dropped);
                    continue;
                }

                if (_delay > 0 && Random.Shared.Next(8) == 0) await Task.Delay(Random.Shared.Next(_delay));
                await to.WriteAsync(message.GetBuffer().AsMemory(0, (int)message.Length));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Cut, or closed by one side: the other side is closed too.
        }

        Close(near, far);
    }

    /// <summary>The two sides wait for parts of each other's greeting: it is passed on as it comes.</summary>
    private static async Task GreetAsync(BufferedStream from, NetworkStream to)
    {
        var greeting = new byte[GreetingBytes];
        for (var read = 0; read < GreetingBytes;)
        {
            var more = await from.ReadAsync(greeting.AsMemory(read));
            if (more == 0) throw new EndOfStreamException();
            await to.WriteAsync(greeting.AsMemory(read, more));
            read += more;
        }
    }

    /// <summary>Reads the frames of one message, or a command; returns how many there were.</summary>
    private static async Task<int> ReadMessageAsync(BufferedStream from, MemoryStream message)
    {
        var header = new byte[9];
        message.SetLength(0);
        for (var frames = 1; ; frames++)
        {
            await from.ReadExactlyAsync(header.AsMemory(0, 1));
            var flags = header[0];
            var sizeBytes = (flags & Long) != 0 ? 8 : 1;
            await from.ReadExactlyAsync(header.AsMemory(1, sizeBytes));
            var size = sizeBytes == 1 ? header[1] : (int)BinaryPrimitives.ReadInt64BigEndian(header.AsSpan(1));
            message.Write(header.AsSpan(0, 1 + sizeBytes));
            var at = (int)message.Length;
            message.SetLength(at + size);
            await from.ReadExactlyAsync(message.GetBuffer().AsMemory(at, size));
            message.Position = message.Length;
            if ((flags & More) == 0 || (flags & Command) != 0) return frames;
        }
    }

    private void Close(TcpClient near, TcpClient far)
    {
        _connections.TryRemove(near, out _);
        near.Dispose();
        far.Dispose();
    }
}
