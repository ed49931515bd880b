using System.Diagnostics;
using System.Text;
using OrleansKvRouter.Bench.Clients;
using OrleansKvRouter.EngineSim;
using OrleansKvRouter.EngineSim.Events;
using OrleansKvRouter.EngineSim.Running;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.Bench.Processes;

/// <summary>Simulated engines on neighbouring loopback addresses and one port, which publish to a router when told where it is.</summary>
public sealed class EngineFleet : IAsyncDisposable
{
    public const string Model = "Qwen3-32B";

    /// <summary>The port of the first fleet, if nobody else has it.</summary>
    public const int UsualPort = 8000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly List<EngineHost> _engines = [];

    private EngineFleet() { }

    public IReadOnlyList<EngineHost> Engines => _engines;

    /// <summary>The engines' <c>ip:port</c>s.</summary>
    public IEnumerable<string> Addresses => _engines.Select(engine => engine.Address.Authority);

    /// <param name="model">The engines' tokenizer and chat template.</param>
    /// <param name="ips">One engine each.</param>
    /// <param name="port">The HTTP port of all.</param>
    /// <param name="speed">How fast they compute.</param>
    /// <param name="events">The router's ZeroMQ address; null: nothing is published.</param>
    /// <param name="blocks">Blocks of 64 tokens in each engine's cache.</param>
    /// <param name="change">What is to be otherwise; null for nothing.</param>
    public static async Task<EngineFleet> StartAsync(
        ModelAssets model, IReadOnlyList<string> ips, int port, EngineSpeed speed, string? events, int blocks, Func<EngineOptions, EngineOptions>? change = null)
    {
        var fleet = new EngineFleet();
        for (var i = 0; i < ips.Count; i++)
        {
            var options = new EngineOptions
            {
                Name = $"qwen3-{i}",
                Host = ips[i],
                Port = port,
                ServedModel = Model,
                BlockSize = 64,
                Blocks = blocks,
                HashSeed = "42",
                Speed = speed,
                Events = events is null ? null : new EventOptions { Endpoint = events, Topic = $"kv@{ips[i]}@{Model}" },
            };
            var started = await EngineHost.StartAsync(change?.Invoke(options) ?? options, model);
            if (!started.Try(out var engine, out var fault)) throw new InvalidOperationException(fault.ToString());
            fleet._engines.Add(engine);
        }

        return fleet;
    }

    /// <summary>
    /// Makes every engine's stream of events arrive: a publisher drops what it sends before its connection stands, so each
    /// engine serves small requests until the router has heard of one.
    /// </summary>
    public async Task ConnectAsync(AdminClient admin, ChatClient chats, CancellationToken cancellation = default)
    {
        for (var i = 0; i < _engines.Count; i++)
        {
            var address = _engines[i].Address.Authority;
            var started = Stopwatch.GetTimestamp();
            for (var attempt = 0; await CursorAsync(admin, address, cancellation) < 0; attempt++)
            {
                if (Stopwatch.GetElapsedTime(started) > Patience) throw new InvalidOperationException($"the router heard no event of {address}");
                var greeting = $"Engine {i}, greeting {attempt}: {string.Join(' ', Enumerable.Range(attempt * 100, 64))}";
                await chats.SendAsync(address, Encoding.UTF8.GetBytes($$"""{"model":"{{Model}}","stream":true,"stream_options":{"include_usage":true},"max_tokens":1,"messages":[{"role":"user","content":"{{greeting}}"}]}"""), "greeting", cancellation);
                await Task.Delay(50, cancellation);
            }
        }
    }

    /// <summary>Waits until the router has applied every batch that the engines published.</summary>
    public async Task CaughtUpAsync(AdminClient admin, CancellationToken cancellation = default)
    {
        foreach (var engine in _engines) await admin.CaughtUpAsync(FleetResources.PoolName, engine.Address.Authority, engine.LastEventSequence, cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var engine in _engines) await engine.DisposeAsync();
    }

    private static async Task<long> CursorAsync(AdminClient admin, string address, CancellationToken cancellation) =>
        (await admin.PoolAsync(FleetResources.PoolName, cancellation)).Endpoints.First(e => e.Address == address).Cursor;
}
