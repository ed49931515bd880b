using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansKvRouter.EppService.Listeners;

/// <summary>
/// One address, plaintext HTTP/1.1 unless told otherwise, with a pipeline of its own. Each front end has one, so that what belongs to one
/// address cannot be reached through another. No configuration file or environment variable changes it.
/// </summary>
internal sealed class WebListener : IHostedService, IAsyncDisposable
{
    private readonly WebApplication _app;

    /// <param name="address">Where to listen; port 0 takes a free one.</param>
    /// <param name="loggers">Whose loggers the server uses.</param>
    /// <param name="kestrel">Further settings of the server.</param>
    /// <param name="services">What the pipeline needs.</param>
    /// <param name="pipeline">Builds the pipeline.</param>
    /// <param name="endpoint">Another protocol for the address, or TLS.</param>
    public WebListener(
        IPEndPoint address,
        ILoggerFactory loggers,
        Action<KestrelServerOptions> kestrel,
        Action<IServiceCollection> services,
        Action<WebApplication> pipeline,
        Action<ListenOptions>? endpoint = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            // What a body may weigh is the pipeline's to say, in words.
            options.Limits.MaxRequestBodySize = null;
            options.Listen(address, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                endpoint?.Invoke(listen);
            });
            kestrel(options);
        });
        builder.Services.AddSingleton<ILoggerFactory>(new FrameworkLoggers(loggers));
        builder.Services.AddSingleton<IHostLifetime, OwnersLifetime>();
        services(builder.Services);
        _app = builder.Build();
        pipeline(_app);
    }

    /// <summary>Where it listens; valid once started.</summary>
    public IPEndPoint Address
    {
        get
        {
            var url = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
            return new IPEndPoint(IPAddress.Parse(url.DnsSafeHost), url.Port);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => _app.StartAsync(cancellationToken);

    /// <summary>Accepts nothing more and waits for what is under way, as long as <paramref name="cancellationToken"/> lets it.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
