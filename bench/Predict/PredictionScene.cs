using System.Globalization;
using System.Text;
using OrleansKvRouter.Bench.Clients;
using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.EngineSim;
using OrleansKvRouter.EngineSim.Running;
using OrleansKvRouter.Loopback;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.Bench.Predict;

/// <summary>A router's gateway with simulated engines behind it, to hold predictions against what engines had cached.</summary>
public sealed class PredictionScene : IAsyncDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(2) };
    private readonly Dictionary<string, EngineHost> _byName = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("kvrouter-predict-").FullName;
    private RouterProcess? _router;
    private EngineFleet? _fleet;
    private AdminClient? _admin;

    private PredictionScene() { }

    /// <summary>The router's admin API.</summary>
    public AdminClient Admin => _admin!;

    /// <param name="models">The folder of model files.</param>
    /// <param name="resources">The pool; its port is replaced by a free one.</param>
    /// <param name="engine">Each engine's options; where it publishes to is already in them.</param>
    /// <param name="relay">Given the router's event address, gives the one that engines publish to; null: the router's own.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<PredictionScene> StartAsync(
        string models,
        FleetResources resources,
        Func<EngineOptions, EngineOptions> engine,
        Func<string, Task<string>>? relay = null,
        CancellationToken cancellation = default)
    {
        if (!ModelFolder.Load(models, EngineFleet.Model).Try(out var model, out var fault)) throw new InvalidOperationException(fault.ToString());
        var scene = new PredictionScene();
        try
        {
            await scene.StartAsync(models, model, resources, engine, relay, cancellation);
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a prompt through the gateway and waits until the router has heard what it changed in the engine's cache.</summary>
    public async Task SendAsync(IReadOnlyList<uint> prompt, bool stream, CancellationToken cancellation = default)
    {
        var streamed = stream ? ",\"stream\":true,\"stream_options\":{\"include_usage\":true}" : "";
        var ids = string.Join(',', prompt.Select(id => id.ToString(CultureInfo.InvariantCulture)));
        var body = $$"""{"model":"{{EngineFleet.Model}}","prompt":[{{ids}}],"max_tokens":2{{streamed}}}""";
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync($"http://{_router!.Gateway}/v1/completions", content, cancellation);
        var text = await answer.Content.ReadAsStringAsync(cancellation);
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException($"{(int)answer.StatusCode}: {text}");
        var served = _byName[answer.Headers.GetValues("x-inference-pod").Single()];
        await Admin.CaughtUpAsync(FleetResources.PoolName, served.Address.Authority, served.LastEventSequence, cancellation);
    }

    /// <summary>Every engine drops its cache.</summary>
    /// <param name="announce">Whether its events say so.</param>
    public async Task DropCachesAsync(bool announce)
    {
        foreach (var engine in _fleet!.Engines)
        {
            var query = announce ? "" : "?announce=false";
            using var answer = await _http.PostAsync(new Uri(engine.Address, $"/reset_prefix_cache{query}"), null);
            answer.EnsureSuccessStatusCode();
        }
    }

    public Task<PoolStatus> PoolAsync() => Admin.PoolAsync(FleetResources.PoolName);

    public async ValueTask DisposeAsync()
    {
        if (_fleet is not null) await _fleet.DisposeAsync();
        _admin?.Dispose();
        if (_router is not null) await _router.DisposeAsync();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync(
        string models, ModelAssets model, FleetResources resources, Func<EngineOptions, EngineOptions> engine, Func<string, Task<string>>? relay, CancellationToken cancellation)
    {
        var port = Ports.TakeFrom(EngineFleet.UsualPort);
        resources = resources with { Port = port };
        _router = await RouterProcess.StartAsync(resources.WriteTo(_folder), models);
        _admin = new AdminClient(_router.Admin);
        var events = relay is null ? _router.Events : await relay(_router.Events);
        _fleet = await EngineFleet.StartAsync(model, resources.Ips, port, new EngineSpeed(TimeScale: 0), events, blocks: 0, engine);
        foreach (var started in _fleet.Engines) _byName[started.Options.Name] = started;
        using var chats = new ChatClient();
        await _fleet.ConnectAsync(Admin, chats, cancellation);
        await _fleet.CaughtUpAsync(Admin, cancellation);
    }
}
