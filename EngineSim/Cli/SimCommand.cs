using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.EngineSim.Cli;

/// <summary>The <c>sim</c> command: engines until the process is told to stop. Status 2 when an option or address is wrong.</summary>
internal static class SimCommand
{
    public static RootCommand Create()
    {
        var options = new SimOptions();
        var command = new RootCommand("Simulated vLLM engines: OpenAI HTTP API, metrics and KV-cache events, without a GPU. Prints \"ready\" when all of them listen.");
        foreach (var option in options.All) command.Options.Add(option);
        command.SetAction((line, _) => RunUntilSignalAsync(options, line));
        return command;
    }

    private static async Task<int> RunUntilSignalAsync(SimOptions options, ParseResult line)
    {
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        return await RunAsync(options, line, stop.Token);

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static async Task<int> RunAsync(SimOptions options, ParseResult line, CancellationToken cancellation)
    {
        using var loggers = LoggerFactory.Create(logging => logging
            .SetMinimumLevel(LogLevel.Warning)
            // Whatever the host cannot do at start comes back as a fault, without a stack trace.
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
            .AddSimpleConsole(console => console.SingleLine = true)
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        var engines = new List<EngineHost>();
        try
        {
            if (await StartAsync(options, line, engines, loggers, cancellation) is { } fault)
            {
                await line.InvocationConfiguration.Error.WriteLineAsync($"sim: {fault}");
                return 2;
            }

            await line.InvocationConfiguration.Output.WriteLineAsync("ready");
            await Task.Delay(Timeout.Infinite, cancellation);
            return 0;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return 0;
        }
        finally
        {
            await Task.WhenAll(engines.Select(engine => engine.DisposeAsync().AsTask()));
        }
    }

    private static async Task<Fault?> StartAsync(
        SimOptions options, ParseResult line, List<EngineHost> engines, ILoggerFactory loggers, CancellationToken cancellation)
    {
        if (options.CheckNumbers(line) is { } wrong) return wrong;
        if (!ParseLabels(line.GetValue(options.Labels)!).Try(out var labels, out var fault)) return fault;
        if (!ModelFolder.Load(line.GetValue(options.Models)!, line.GetValue(options.Model)!).Try(out var assets, out fault)) return fault;
        var ranks = line.GetValue(options.Ranks);
        for (var i = 0; i < line.GetValue(options.Count) * ranks; i++)
        {
            if (!(await EngineHost.StartAsync(options.Engine(line, i / ranks, i % ranks), assets, null, loggers, cancellation)).Try(out var engine, out fault)) return fault;
            engines.Add(engine);
        }

        if (line.GetValue(options.WritePods) is { } file)
            await WriteAsync(file, PodManifests.Write(engines.Select(engine => engine.Options), line.GetValue(options.Namespace)!, labels), cancellation);
        return null;
    }

    private static Expected<(string Key, string Value)[]> ParseLabels(string text)
    {
        var labels = new List<(string, string)>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) return new Fault($"--labels: \"{part}\" is not a label", "write it as KEY=VALUE");
            labels.Add((part[..equals], part[(equals + 1)..]));
        }

        return labels.ToArray();
    }

    /// <summary>In one move, since a router may be watching the file.</summary>
    private static async Task WriteAsync(FileInfo file, string text, CancellationToken cancellation)
    {
        var draft = $"{file.FullName}.{Environment.ProcessId}.tmp";
        await File.WriteAllTextAsync(draft, text, cancellation);
        File.Move(draft, file.FullName, overwrite: true);
    }
}
