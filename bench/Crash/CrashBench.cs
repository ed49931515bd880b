using System.Diagnostics;
using OrleansKvRouter.Bench.Clients;
using OrleansKvRouter.Bench.Figures;
using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.Contracts.Admin;

namespace OrleansKvRouter.Bench.Crash;

/// <summary>
/// A router with snapshots is killed in the middle of event storms and of its snapshots, and started again, over and over. After each
/// start, once the engines are at rest, its index must say of every engine what the engine says of itself.
/// </summary>
public static class CrashBench
{
    private const int MostDifferences = 20;

    /// <summary>How long an index may take to equal its engines: a stalled machine and a replay that is tried again.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <param name="models">The folder of model files.</param>
    /// <param name="options">How often, and how much.</param>
    /// <param name="progress">Told after each start.</param>
    public static async Task<CrashReport> RunAsync(string models, CrashOptions options, Action<string>? progress = null)
    {
        var folder = Directory.CreateTempSubdirectory("kvrouter-crash-").FullName;
        try
        {
            await using var fleet = await CrashFleet.StartAsync(options.Engines, options.Seed, options.Bind);
            var resources = fleet.Resources.WriteTo(Path.Combine(folder, "resources"));
            var data = options.Data ?? Path.Combine(folder, "data");
            string[] arguments = ["--data", data, "--snapshot-interval", options.Gently ? "3600" : "0.1", .. fleet.Events is { } events ? ["--events", events] : Array.Empty<string>()];
            return await RunAsync(fleet, options, data, () => RouterProcess.StartAsync(resources, models, arguments), progress);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<CrashReport> RunAsync(CrashFleet fleet, CrashOptions options, string data, Func<Task<RouterProcess>> start, Action<string>? progress)
    {
        var random = new Random(options.Seed);
        var report = new CrashReport { Mode = options.Bind ? "bind" : "connect" };
        var seconds = new List<double>();
        var router = await start();
        for (var kill = 1; kill <= options.Kills; kill++)
        {
            // 1. In the middle of a storm the router is killed, and another is started while it goes on.
            var storm = fleet.StormAsync(options.Rate, options.StormSeconds, options.Seed + kill);
            await Task.Delay(TimeSpan.FromSeconds(random.NextDouble() * options.StormSeconds));
            if (!options.Gently) await router.KillAsync();
            await router.DisposeAsync();
            if (options.Damages) Damage(data, random);
            var began = Stopwatch.GetTimestamp();
            report = report with { Kills = kill };
            if (await TryStartAsync(start) is not { } next)
            {
                await storm;
                return report with { RefusedStarts = 1 };
            }

            // 2. When the engines are at rest, the index equals them.
            router = next;
            var counts = await storm;
            report = await ReachTruthAsync(fleet, router, report with { Sent = report.Sent + counts.Sent, EngineRestarts = report.EngineRestarts + counts.Restarts });
            seconds.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            progress?.Invoke($"kill {kill}: equal after {seconds[^1]:0.0} s; {report.WrongEntries} wrong, {report.MissingEntries} missing so far");
        }

        await router.DisposeAsync();
        return report with { MedianSecondsToEqual = Median.Of(seconds), LongestSecondsToEqual = seconds.Max() };
    }

    /// <summary>A file of the snapshots is cut off, or one of its bits is another, as a bad disk would have it.</summary>
    private static void Damage(string data, Random random)
    {
        string[] files = [.. Directory.EnumerateFiles(Path.Combine(data, "pools"), "*", SearchOption.AllDirectories).Where(file => new FileInfo(file).Length > 0)];
        if (files.Length == 0) return;
        var file = files[random.Next(files.Length)];
        var bytes = File.ReadAllBytes(file);
        if (random.Next(2) == 0) Array.Resize(ref bytes, random.Next(bytes.Length));
        else bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        File.WriteAllBytes(file, bytes);
    }

    private static async Task<RouterProcess?> TryStartAsync(Func<Task<RouterProcess>> start)
    {
        try
        {
            return await start();
        }
        catch (InvalidOperationException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return null;
        }
    }

    private static async Task<CrashReport> ReachTruthAsync(CrashFleet fleet, RouterProcess router, CrashReport report)
    {
        using var admin = new AdminClient(router.Admin);
        var truth = await fleet.TruthAsync();
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var pool = await admin.PoolAsync(FleetResources.PoolName);
            var explained = new List<ExplainResult>();
            foreach (var prompt in fleet.Prompts) explained.Add(await admin.ExplainAsync(FleetResources.PoolName, CrashFleet.Model, prompt));
            List<string> differing = [];
            var (wrong, missing) = CrashFleet.Compare(pool, explained, truth, differing);
            var heard = pool.Endpoints.All(endpoint => endpoint.Trust.State is "exact" or "mapped");
            if ((wrong, missing) != (0, 0) || !heard)
            {
                if (Stopwatch.GetElapsedTime(began) < Patience)
                {
                    await Task.Delay(50);
                    continue;
                }

                differing.AddRange(pool.Endpoints.Where(endpoint => endpoint.Trust.State is not ("exact" or "mapped")).Select(endpoint => $"{endpoint.Name} is {endpoint.Trust.State}: {endpoint.Trust.Cause}"));
            }

            return report with
            {
                WrongEntries = report.WrongEntries + wrong,
                MissingEntries = report.MissingEntries + missing,
                ComparedEntries = report.ComparedEntries + truth.Sum(keys => (long)keys.Count),
                Loaded = report.Loaded + (pool.Snapshot?.Loaded?.Generation is null ? 0 : 1),
                SetAside = report.SetAside + (pool.Snapshot?.Loaded?.SetAside.Count ?? 0),
                Resumed = report.Resumed + (pool.Snapshot?.Loaded?.Resumed ?? 0),
                Replayed = report.Replayed + pool.Endpoints.Sum(endpoint => endpoint.Replayed),
                Differing = [.. report.Differing.Concat(differing).Take(MostDifferences)],
            };
        }
    }
}

/// <param name="Kills">How often the router is killed.</param>
/// <param name="Engines">How many engines publish.</param>
/// <param name="Rate">Batches a second, of all engines together.</param>
/// <param name="StormSeconds">How long a storm takes; the router is killed at some moment of it.</param>
/// <param name="Seed">Of all that is random.</param>
/// <param name="Gently">SIGTERM instead, and no snapshot but the one that it brings about.</param>
/// <param name="Damages">Whether a file of the snapshots is damaged after each kill.</param>
/// <param name="Bind">Whether the engines connect to the router; else it connects to them.</param>
/// <param name="Data">Where the snapshots are; null for a folder that is deleted afterwards.</param>
public sealed record CrashOptions(
    int Kills = 200, int Engines = 4, double Rate = 300, double StormSeconds = 1.5, int Seed = 41, bool Gently = false, bool Damages = false, bool Bind = false, string? Data = null);
