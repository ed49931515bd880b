using System.CommandLine;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.EppService.Doctor;
using OrleansKvRouter.EppService.Node;

namespace OrleansKvRouter.EppService.CommandLine;

/// <summary>
/// <c>doctor</c>: asks a running node twice, a moment apart, and says what is wrong and which flag or field mends it. Exit status
/// 0: healthy, 1: something is wrong or the node does not answer, 2: the command line is.
/// </summary>
internal static class DoctorCommand
{
    private static readonly TimeSpan BetweenReadings = TimeSpan.FromSeconds(2);

    public static Command Create()
    {
        var node = new Option<string>("--node")
        {
            HelpName = "ADDR",
            Description = "The running node's admin address",
            DefaultValueFactory = _ => new NodeOptions { Resources = [] }.Admin,
        };
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var command = new Command("doctor", "What is wrong with a running node and its engines, and how to mend it") { node, json };
        command.SetAction(async (line, cancellation) =>
        {
            var address = line.GetValue(node)!;
            if (!Uri.TryCreate($"http://{address}/", UriKind.Absolute, out var uri)) return Complain(new Fault($"--node {address} is no address", "give ip:port"), ExitStatus.BadInput);
            if (!(await ExamineAsync(uri, BetweenReadings, cancellation)).Try(out var examination, out var fault)) return Complain(fault, ExitStatus.Failed);
            var report = DoctorReport.Of(examination);
            Console.WriteLine(line.GetValue(json) ? report.ToJson() : report.ToText());
            return report.Healthy ? ExitStatus.Ok : ExitStatus.Failed;
        });
        return command;
    }

    /// <summary>Reads a node twice.</summary>
    /// <param name="node">The admin listener.</param>
    /// <param name="between">How far apart the readings are.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<Expected<Examination>> ExamineAsync(Uri node, TimeSpan between, CancellationToken cancellation)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = node, Timeout = TimeSpan.FromSeconds(10) };
        try
        {
            var started = Stopwatch.GetTimestamp();
            var before = await ReadAsync("/api/pools", AdminJson.Default.IReadOnlyListPoolStatus);
            await Task.Delay(between, cancellation);
            var pools = await ReadAsync("/api/pools", AdminJson.Default.IReadOnlyListPoolStatus);
            var elapsed = Stopwatch.GetElapsedTime(started);
            return new Examination(await ReadAsync("/api/node", AdminJson.Default.NodeStatus), before, pools, elapsed);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is TaskCanceledException && !cancellation.IsCancellationRequested))
        {
            return new Fault($"the node at {node.Authority} does not answer: {e.Message}", "give the address of a running node's admin listener");
        }

        async Task<T> ReadAsync<T>(string path, JsonTypeInfo<T> type) =>
            await http.GetFromJsonAsync(path, type, cancellation) ?? throw new JsonException($"{path} is null");
    }

    private static int Complain(Fault fault, int status)
    {
        Console.Error.WriteLine($"kvrouter doctor: {fault}");
        return status;
    }
}
