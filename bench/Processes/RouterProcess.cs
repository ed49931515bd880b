using System.Diagnostics;
using System.Globalization;
using System.Text;
using OrleansKvRouter.Loopback;

namespace OrleansKvRouter.Bench.Processes;

/// <summary>The router as its users run it: <c>serve</c> (or <c>silo</c>) in a process of its own, on free loopback ports.</summary>
public sealed class RouterProcess : IAsyncDisposable
{
    /// <summary>For its start and for its end, which each take a second or two: what a busy machine may make of that.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RouterProcess(Process process) => _process = process;

    public required string ExtProc { get; init; }

    public required string Health { get; init; }

    public required string Admin { get; init; }

    public required string Gateway { get; init; }

    /// <summary>The ZeroMQ address that engines connect to.</summary>
    public required string Events { get; init; }

    public int ProcessId => _process.Id;

    /// <summary>What the router logged so far.</summary>
    public string Log
    {
        get { lock (_log) return _log.ToString(); }
    }

    /// <summary>Starts a router and waits until it is ready.</summary>
    /// <param name="resources">Resource documents: a file or a folder.</param>
    /// <param name="models">The folder of model files.</param>
    /// <param name="more">Further options of <c>serve</c> with their values; one takes the place of the usual one.</param>
    public static Task<RouterProcess> StartAsync(string resources, string models, params string[] more) =>
        StartAsync(Path.Combine(AppContext.BaseDirectory, "OrleansKvRouter.EppService.dll"), "serve", resources, models, more);

    /// <summary>Starts a silo and waits until it is ready.</summary>
    /// <param name="program">The silo's program.</param>
    /// <param name="resources">Resource documents: a file or a folder.</param>
    /// <param name="models">The folder of model files.</param>
    /// <param name="more">Further options of <c>silo</c> with their values.</param>
    public static Task<RouterProcess> StartSiloAsync(string program, string resources, string models, params string[] more) =>
        StartAsync(program, "silo", resources, models, more);

    private static async Task<RouterProcess> StartAsync(string program, string command, string resources, string models, string[] more)
    {
        string[] ports = [.. Ports.Take(5).Select(port => port.ToString(CultureInfo.InvariantCulture))];
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        var options = new Dictionary<string, string>
        {
            ["--file"] = resources,
            ["--models"] = models,
            ["--ext-proc"] = $"127.0.0.1:{ports[0]}",
            ["--health"] = $"127.0.0.1:{ports[1]}",
            ["--admin"] = $"127.0.0.1:{ports[2]}",
            ["--gateway"] = $"127.0.0.1:{ports[3]}",
            ["--events"] = $"tcp://127.0.0.1:{ports[4]}",
        };
        for (var i = 0; i < more.Length; i += 2) options[more[i]] = more[i + 1];
        start.ArgumentList.Add(program);
        start.ArgumentList.Add(command);
        foreach (var (name, value) in options)
        {
            start.ArgumentList.Add(name);
            start.ArgumentList.Add(value);
        }

        var router = new RouterProcess(new Process { StartInfo = start })
        {
            ExtProc = options["--ext-proc"],
            Health = options["--health"],
            Admin = options["--admin"],
            Gateway = options["--gateway"],
            Events = options["--events"],
        };
        try
        {
            await router.StartAsync();
            return router;
        }
        catch (TimeoutException)
        {
            // Nobody else knows of it, and it would run for ever beside what comes next.
            await router.KillAsync();
            throw new TimeoutException("the router was not ready within a minute:\n" + router.Log);
        }
    }

    /// <summary>Ends the router at once, without a chance to do anything.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Sends a signal by its name, for example <c>STOP</c>.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Ends the router as Kubernetes would: SIGTERM, then patience.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await SignalAsync("TERM");
            using var patience = new CancellationTokenSource(Patience);
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
                throw new InvalidOperationException("the router did not stop within a minute of SIGTERM:\n" + Log);
            }
        }

        _process.Dispose();
    }

    private async Task StartAsync()
    {
        _process.EnableRaisingEvents = true;
        _process.OutputDataReceived += (_, e) =>
        {
            if (e.Data == "ready") _ready.TrySetResult();
        };
        _process.ErrorDataReceived += (_, e) =>
        {
            lock (_log) _log.AppendLine(e.Data);
        };
        _process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException("the router ended before it was ready:\n" + Log));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await _ready.Task.WaitAsync(Patience);
    }
}
