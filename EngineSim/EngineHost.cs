using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.EngineSim.Core;
using OrleansKvRouter.EngineSim.Events;
using OrleansKvRouter.EngineSim.Running;
using OrleansKvRouter.EngineSim.Serving;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.EngineSim;

/// <summary>A running simulated engine. Any number of them live in one process; disposing stops one.</summary>
public sealed class EngineHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly EngineLoop _loop;
    private readonly EventPublisher? _publisher;

    private EngineHost(EngineOptions options, WebApplication app, EngineLoop loop, EventPublisher? publisher)
    {
        (Options, _app, _loop, _publisher) = (options, app, loop, publisher);
    }

    /// <summary>As the engine runs with them: placeholders filled in.</summary>
    public EngineOptions Options { get; }

    /// <summary><c>http://ip:port</c>, with the port that 0 was replaced by.</summary>
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>The sequence number of the last batch of events; −1 before the first, and where none are published.</summary>
    public long LastEventSequence => _publisher?.LastSequence ?? -1;

    /// <summary>What the engine does at this moment.</summary>
    public CoreStatistics Statistics => _loop.Statistics;

    /// <summary>Starts an engine; on return it listens.</summary>
    /// <param name="options">The engine.</param>
    /// <param name="assets">Its model; engines of one model share it.</param>
    /// <param name="time">The clock that steps take their time from; the system's by default.</param>
    /// <param name="loggers">Where warnings go; nowhere by default.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <returns>The engine, or a fault that names the option or address that is wrong.</returns>
    public static async Task<Expected<EngineHost>> StartAsync(
        EngineOptions options, ModelAssets assets, TimeProvider? time = null, ILoggerFactory? loggers = null, CancellationToken cancellation = default)
    {
        time ??= TimeProvider.System;
        loggers ??= NullLoggerFactory.Instance;
        if (OptionCheck.Check(options) is { } wrong) return wrong;
        options = EventPlaceholders.Fill(options);
        if (!EventSchema.Parse(options.Events?.Schema ?? EventSchema.Newest).Try(out var schema, out var fault)) return fault;
        if (!EngineKeys.Create(options.HashAlgorithm, options.HashSeed, schema).Try(out var keys, out fault)) return fault;

        var logger = loggers.CreateLogger<EngineHost>();
        EventPublisher? publisher = null;
        if (options.Events is { } events
            && !EventPublisher.Start(options, events, schema, keys, time, logger).Try(out publisher, out fault))
        {
            return fault;
        }

        var vocabulary = AnswerVocabulary.Of(assets.Tokenizer);
        var loop = new EngineLoop(new EngineCore(SizeOf(options), keys, vocabulary), options.Speed, publisher, time);
        var engine = new Engine(options, assets, vocabulary, CatalogOf(options, assets, time), loop, schema.Version.ToString());
        var app = BuildApp(options, loggers);
        app.MapEngine(engine, time, logger);
        var host = new EngineHost(options, app, loop, publisher);
        try
        {
            await app.StartAsync(cancellation);
            return host;
        }
        catch (Exception e)
        {
            await host.DisposeAsync();
            if (e is not (IOException or SocketException)) throw;
            return new Fault($"{options.Host}:{options.Port} cannot be listened on: {e.Message.TrimEnd('.')}", "use an address of this machine and a port that is free");
        }
    }

    /// <summary>Ends open requests, sends what events are queued, and closes everything.</summary>
    public async ValueTask DisposeAsync()
    {
        await _loop.DisposeAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _publisher?.Dispose();
    }

    private static CoreOptions SizeOf(EngineOptions options) => new()
    {
        BlockSize = options.BlockSize,
        Blocks = options.Blocks,
        MaxSequences = options.MaxSequences,
        MaxBatchedTokens = options.MaxBatchedTokens,
    };

    private static ModelCatalog CatalogOf(EngineOptions options, ModelAssets assets, TimeProvider time)
    {
        var capacity = (int)Math.Min(int.MaxValue, (long)options.Blocks * options.BlockSize);
        return new ModelCatalog(options, Math.Min(options.MaxModelLength ?? capacity, capacity), assets.Model, time.GetUtcNow());
    }

    private static WebApplication BuildApp(EngineOptions options, ILoggerFactory loggers)
    {
        // Empty: no settings files, no environment, no signal handlers. The process belongs to whoever hosts the engine.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Parse(options.Host), options.Port);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        return builder.Build();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
