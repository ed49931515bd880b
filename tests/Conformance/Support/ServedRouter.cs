using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.EppService.ExtProc;
using OrleansKvRouter.EppService.Grpc;
using OrleansKvRouter.EppService.Health;

namespace OrleansKvRouter.Tests.Conformance.Support;

/// <summary>Which foreign software talks to the router.</summary>
public enum Via
{
    /// <summary>python3-grpcio (C core).</summary>
    Python,

    /// <summary>@grpc/grpc-js (Node's HTTP/2).</summary>
    Node,

    /// <summary>python3-grpcio, through nginx.</summary>
    Nginx,
}

/// <summary>The router's gRPC front end with a scripted picker behind it and foreign clients before it; shared by all tests.</summary>
public sealed class ServedRouter : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvrouter-conformance-").FullName;
    private readonly Dictionary<Via, ForeignClient> _clients = [];
    private GrpcHost _host = null!;
    private Nginx _nginx = null!;

    internal static int MaxBodyBytes { get; } = new ExtProcOptions().MaxBodyBytes;

    public ScriptedPicker Picker { get; } = new();

    public bool IsReady { get; set; } = true;

    internal string Stubs => Path.Combine(_folder, "stubs");

    internal ForeignClient Client(Via via) => _clients[via];

    public async Task InitializeAsync()
    {
        var processor = new ExternalProcessor(Picker, new ExtProcOptions(), new ExtProcInstruments());
        var health = new HealthService(() => IsReady, TimeProvider.System);
        _host = await StartAsync(new GrpcListener { Address = new IPEndPoint(IPAddress.Loopback, 0) }, [processor.Process, .. health.Methods]);

        Directory.CreateDirectory(Stubs);
        await ForeignClient.GenerateStubsAsync(Stubs);
        _nginx = await Nginx.StartAsync(Directory.CreateDirectory(Path.Combine(_folder, "nginx")).FullName, $"127.0.0.1:{_host.Port}");
        _clients[Via.Python] = ForeignClient.Python(Stubs, $"127.0.0.1:{_host.Port}");
        _clients[Via.Node] = ForeignClient.Node($"127.0.0.1:{_host.Port}");
        _clients[Via.Nginx] = ForeignClient.Python(Stubs, _nginx.Address);
    }

    public async Task DisposeAsync()
    {
        foreach (var client in _clients.Values) await client.DisposeAsync();
        await _nginx.DisposeAsync();
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    internal static async Task<GrpcHost> StartAsync(GrpcListener listener, IEnumerable<GrpcMethod> methods) =>
        (await GrpcHost.StartAsync(listener, methods, NullLoggerFactory.Instance, TimeProvider.System)).Try(out var host, out var fault)
            ? host
            : throw new InvalidOperationException(fault.ToString());
}

[CollectionDefinition(Name)]
public sealed class ServedRouterCollection : ICollectionFixture<ServedRouter>
{
    public const string Name = "served router";
}

/// <summary>A test class that talks to the served router; each test begins with a fresh script.</summary>
[Collection(ServedRouterCollection.Name)]
public abstract class RouterTest
{
    protected RouterTest(ServedRouter router)
    {
        Router = router;
        router.IsReady = true;
        router.Picker.Reset();
    }

    protected ServedRouter Router { get; }

    protected ScriptedPicker Picker => Router.Picker;
}
