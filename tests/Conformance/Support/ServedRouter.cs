using OrleansKvRouter.Tests.Support;
using OrleansKvRouter.EppService.ExtProc;

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
    private Served _served = null!;
    private Nginx _nginx = null!;

    internal static int MaxBodyBytes { get; } = new ExtProcOptions().MaxBodyBytes;

    public ScriptedPicker Picker { get; } = new();

    public bool IsReady { get; set; } = true;

    internal string Stubs => Path.Combine(_folder, "stubs");

    internal ForeignClient Client(Via via) => _clients[via];

    public async Task InitializeAsync()
    {
        _served = await Served.StartAsync(Picker, () => IsReady);
        Directory.CreateDirectory(Stubs);
        await PythonStubs.GenerateAsync(Stubs);
        _nginx = await Nginx.StartAsync(Directory.CreateDirectory(Path.Combine(_folder, "nginx")).FullName, _served.Address);
        _clients[Via.Python] = ForeignClient.Python(Stubs, _served.Address);
        _clients[Via.Node] = ForeignClient.Node(_served.Address);
        _clients[Via.Nginx] = ForeignClient.Python(Stubs, _nginx.Address);
    }

    public async Task DisposeAsync()
    {
        foreach (var client in _clients.Values) await client.DisposeAsync();
        await _nginx.DisposeAsync();
        await _served.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
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
