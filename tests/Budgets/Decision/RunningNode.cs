using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Discovery.Files;
using OrleansKvRouter.EppService.Node;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.EppService.Routing;

namespace OrleansKvRouter.Tests.Budgets.Decision;

/// <summary>A node as <c>serve</c> puts it together, without its sockets: one pool of three engines, Qwen3's files, nothing logged.</summary>
internal sealed class RunningNode : IDisposable
{
    /// <summary>Tokens a block.</summary>
    public const int BlockSize = 16;

    private readonly string _folder = Directory.CreateTempSubdirectory("kvrouter-budgets-node-").FullName;
    private readonly ServiceProvider _services;

    public RunningNode()
    {
        var models = Directory.CreateDirectory(Path.Combine(_folder, "models")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(models, "Qwen3-32B"), Repository.Qwen3);
        string[] paths = [new FleetResources { Ips = ["127.0.0.11", "127.0.0.12", "127.0.0.13"], BlockSize = BlockSize }.WriteTo(Path.Combine(_folder, "resources"))];
        var resources = ResourceFiles.Load(paths);
        _services = new ServiceCollection()
            .AddKvRouter(new NodeOptions { Resources = paths, Models = models, LogLevel = LogLevel.Warning }, resources)
            .BuildServiceProvider();
        var registry = _services.GetRequiredService<PoolRegistry>();
        registry.Apply(resources.Snapshot!);
        Pool = registry.Pools[0];
        Tracking = Pool.Tracking.Value!;
        Tracking.Model.Loading.GetAwaiter().GetResult();
    }

    public IEndpointPicker Picker => _services.GetRequiredService<IEndpointPicker>();

    public PrefixFinder Prefixes => _services.GetRequiredService<PrefixFinder>();

    public PoolRuntime Pool { get; }

    public PrefixTracking Tracking { get; }

    /// <summary>The first engine computed these tokens and keeps all their full blocks.</summary>
    public void Hold(ReadOnlySpan<uint> tokens)
    {
        var keys = new BlockKey[tokens.Length / Tracking.BlockSize];
        Tracking.Scheme.Function.ComputeKeys(tokens, Tracking.BlockSize, default, keys);
        Tracking.Index.Store(Pool.View.Endpoints[0].Candidate.Holder, null, keys);
    }

    public void Dispose()
    {
        _services.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
