using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.EppService.Listeners;

namespace OrleansKvRouter.Tests.EppService.Gateway;

/// <summary>A real HTTP server in an engine's place, doing what the test says.</summary>
internal sealed class Upstream : IAsyncDisposable
{
    private readonly WebListener _listener;

    private Upstream(WebListener listener) => _listener = listener;

    public string Address => _listener.Address.ToString();

    public static async Task<Upstream> StartAsync(RequestDelegate handler)
    {
        var listener = new WebListener(
            new IPEndPoint(IPAddress.Loopback, 0), NullLoggerFactory.Instance, static _ => { }, static _ => { }, app => app.Run(handler));
        await listener.StartAsync(default);
        return new Upstream(listener);
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.StopAsync(new CancellationToken(canceled: true));
        await _listener.DisposeAsync();
    }
}

/// <summary>A socket in an engine's place: takes one request, writes the given text and closes.</summary>
internal sealed class RawUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _serving;

    private RawUpstream(string answer)
    {
        _listener.Start();
        Address = _listener.LocalEndpoint.ToString()!;
        _serving = ServeAsync(answer);
    }

    public string Address { get; }

    public static RawUpstream Start(string answer) => new(answer);

    public async ValueTask DisposeAsync()
    {
        await _serving;
        _listener.Dispose();
    }

    private async Task ServeAsync(string answer)
    {
        using var connection = await _listener.AcceptSocketAsync();
        await connection.ReceiveAsync(new byte[4096]);
        await connection.SendAsync(Encoding.ASCII.GetBytes(answer));
        connection.Shutdown(SocketShutdown.Send);
    }
}
