using System.Text;
using OrleansKvRouter.Tests.EppService.Pools;

namespace OrleansKvRouter.Tests.EppService.CommandLine;

/// <summary>These tests change the environment that programs inherit, so they run one after another.</summary>
[CollectionDefinition(Name)]
public sealed class ProgramCollection
{
    public const string Name = "router program";
}

/// <summary>The router as users start it: its own process, on free loopback ports, with resource files of its own.</summary>
internal sealed class RouterProgram : IAsyncDisposable
{
    public const string PoolAndPolicy = """
        apiVersion: inference.networking.k8s.io/v1
        kind: InferencePool
        metadata:
          name: qwen
        spec:
          selector:
            matchLabels:
              app: qwen3
          targetPorts:
            - number: 8000
        ---
        apiVersion: inferenceextension.alibabacloud.com/v1alpha1
        kind: InferenceTrafficPolicy
        metadata:
          name: qwen
        spec:
          poolRef:
            name: qwen
          profile:
            single:
              trafficPolicy:
                prefixCache:
                  mode: tracking
                  trackingConfig:
                    indexerConfig:
                      tokenProcessorConfig:
                        blockSize: 16
                        hashSeed: 42
                        hashAlgorithm: sha256_cbor_64bit
                        model: Qwen/Qwen3-32B

        """;

    private static readonly string Dll = Path.Combine(AppContext.BaseDirectory, "OrleansKvRouter.EppService.dll");
    private readonly string _folder = Directory.CreateTempSubdirectory("kvrouter-program-").FullName;
    private readonly int[] _ports = Ports.Take(5);

    private readonly List<Peer> _started = [];

    /// <summary>The command that starts a .NET program.</summary>
    private string[] Launcher { get; init; } = ["dotnet"];

    private RouterProgram() { }

    /// <summary>The program that was started last.</summary>
    public Peer Process => _started[^1];

    public string ExtProc => $"127.0.0.1:{_ports[0]}";

    public string Health => $"127.0.0.1:{_ports[1]}";

    public string Admin => $"127.0.0.1:{_ports[2]}";

    public string Gateway => $"127.0.0.1:{_ports[3]}";

    public string Events => $"tcp://127.0.0.1:{_ports[4]}";

    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false });

    /// <summary>A program that is not started yet; whoever asks for it disposes it, and with it whatever it started.</summary>
    /// <param name="launcher">What starts a .NET program, and prepares the ground for it; <c>dotnet</c> alone if nothing is given.</param>
    public static RouterProgram Create(params string[] launcher) => launcher.Length == 0 ? new() : new() { Launcher = launcher };

    public static string Pod(string name, string ip) => $$"""
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: {{name}}
          labels:
            app: qwen3
        status:
          podIP: {{ip}}
          conditions:
            - type: Ready
              status: "True"

        """;

    /// <summary>Writes a file into the program's folder and returns its path.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text, new UTF8Encoding(false));
        return path;
    }

    /// <summary>Starts <c>serve</c> on these documents; an option in <paramref name="options"/> takes the place of the usual one.</summary>
    public void Serve(string documents, Dictionary<string, string>? options = null, bool models = true)
    {
        var all = new Dictionary<string, string>
        {
            ["--file"] = Write("resources.yaml", documents),
            ["--ext-proc"] = ExtProc,
            ["--health"] = Health,
            ["--admin"] = Admin,
            ["--gateway"] = Gateway,
            ["--events"] = Events,
        };
        if (models) all["--models"] = TestModels.Folder;
        foreach (var (name, value) in options ?? []) all[name] = value;
        Start(["serve", .. all.SelectMany(option => (string[])[option.Key, option.Value])]);
    }

    /// <summary>As <see cref="Serve"/>, until it is ready.</summary>
    public async Task ServeReadyAsync(string documents, Dictionary<string, string>? options = null, bool models = true)
    {
        Serve(documents, options, models);
        Assert.Equal("ready", await Process.ReadLineAsync());
    }

    public void Start(string[] arguments, params (string Name, string Value)[] environment) => _started.Add(Peer.Start(Launcher[0], [.. Launcher[1..], Dll, .. arguments], environment));

    /// <summary>Edits the documents of a running <c>serve</c>: the file is another one at once.</summary>
    public void Edit(string documents) => File.Move(Write("resources.next", documents), Path.Combine(_folder, "resources.yaml"), overwrite: true);

    /// <summary>Waits for the end and returns the exit status.</summary>
    public Task<int> ExitAsync() => Process.ExitAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        foreach (var program in _started) await program.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
