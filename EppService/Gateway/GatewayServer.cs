using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.EppService.Listeners;
using OrleansKvRouter.EppService.Routing;

namespace OrleansKvRouter.EppService.Gateway;

/// <summary>The gateway's listener.</summary>
internal sealed class GatewayServer : IHostedService, IAsyncDisposable
{
    private readonly WebListener _listener;

    public GatewayServer(IPEndPoint address, IEndpointPicker picker, GatewayOptions options, ILoggerFactory loggers)
    {
        _listener = new WebListener(
            address,
            loggers,
            // Engines' headers go on as the bytes that came: SocketsHttpHandler decodes them as Latin-1.
            kestrel => kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1,
            services => services.AddHttpForwarder()
                .AddSingleton(picker)
                .AddSingleton(options)
                .AddSingleton<ILogger<GatewayHandler>>(new Logger<GatewayHandler>(loggers))
                .AddSingleton<ILogger<EndpointForwarder>>(new Logger<EndpointForwarder>(loggers))
                .AddSingleton<GatewayInstruments>()
                .AddSingleton<EndpointForwarder>()
                .AddSingleton<GatewayHandler>(),
            app => app.Run(app.Services.GetRequiredService<GatewayHandler>().InvokeAsync));
    }

    /// <summary>Where it listens; valid once started.</summary>
    public IPEndPoint Address => _listener.Address;

    public Task StartAsync(CancellationToken cancellationToken) => _listener.StartAsync(cancellationToken);

    /// <summary>Accepts nothing more and lets the answers under way finish, as long as <paramref name="cancellationToken"/> lets it.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _listener.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => _listener.DisposeAsync();
}
