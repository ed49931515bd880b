using System.Text.Json;
using OrleansKvRouter.Bench.Figures;

namespace OrleansKvRouter.Bench.Cluster;

/// <summary>A silo is killed (SIGKILL) in the midst of requests and events, and started again in calm before another is, over and over.</summary>
public static class KillBench
{
    /// <summary>How long requests and events go on after a kill.</summary>
    private static readonly TimeSpan After = TimeSpan.FromSeconds(6);

    /// <param name="program">The silo's program.</param>
    /// <param name="models">The folder of model files.</param>
    /// <param name="kills">How often.</param>
    /// <param name="bind">Whether engines connect to the silos.</param>
    /// <param name="seed">Of all that is random.</param>
    /// <param name="walkPatience">How long a decision waits for another silo, in milliseconds.</param>
    /// <param name="requestRate">Requests a second.</param>
    /// <param name="batchRate">Batches of events a second.</param>
    /// <param name="progress">Told after each.</param>
    public static async Task<KillReport> RunAsync(string program, string models, int kills, bool bind, int seed = 41, int walkPatience = 250, double requestRate = 200, double batchRate = 200, Action<string>? progress = null)
    {
        await using var trial = await ClusterTrial.StartAsync(program, models, new ClusterOptions(bind, RequestRate: requestRate, BatchRate: batchRate, Seed: seed, WalkPatience: walkPatience));
        var random = new Random(seed);
        var judgements = new List<Judgement>();
        int? down = null;
        for (var kill = 1; kill <= kills; kill++)
        {
            if (down is { } silo) await trial.BringUpInCalmAsync(silo);
            var judgement = await trial.StormAsync(async () =>
            {
                await Task.Delay(TimeSpan.FromSeconds(1 + random.NextDouble()));
                down = random.Next(trial.Silos.Count);
                return await trial.KillAsync(down.Value);
            }, After);
            judgements.Add(judgement);
            progress?.Invoke($"kill {kill} ({(bind ? "bind" : "connect")}): complete after {judgement.RecoverySeconds:0.00} s; {JsonSerializer.Serialize(judgement, JsonSerializerOptions.Web)}");
        }

        if (down is { } last) await trial.BringUpAsync(last);
        var end = await trial.RestAsync(new Judgement(), await trial.Fleet.SettleAsync(clear: true), cleared: true);
        var seconds = judgements.ConvertAll(judgement => judgement.RecoverySeconds);
        return new KillReport
        {
            Mode = bind ? "bind" : "connect",
            Kills = kills,
            MedianRecoverySeconds = Median.Of(seconds),
            LongestRecoverySeconds = seconds.Max(),
            Streams = judgements.Sum(judgement => judgement.Streams),
            FailedStreams = judgements.Sum(judgement => judgement.FailedStreams),
            GivenUp = judgements.Sum(judgement => judgement.GivenUp),
            LongestPauseMilliseconds = judgements.Max(judgement => judgement.LongestPauseMilliseconds),
            Walks = judgements.Sum(judgement => judgement.Walks),
            WrongWalksBefore = judgements.Sum(judgement => judgement.WrongWalksBefore),
            WrongWalks = judgements.Sum(judgement => judgement.WrongWalks),
            PartialWalks = judgements.Sum(judgement => judgement.PartialWalks),
            Picks = judgements.Sum(judgement => judgement.Picks),
            WrongPicksMeanwhile = judgements.Sum(judgement => judgement.WrongPicksMeanwhile),
            WrongPicksAfterwards = judgements.Sum(judgement => judgement.WrongPicksBefore + judgement.WrongPicksAfterwards),
            WrongEntries = judgements.Append(end).Sum(judgement => judgement.WrongEntries),
            MissingEntries = judgements.Append(end).Sum(judgement => judgement.MissingEntries),
            RequestsPerSecond = judgements.Average(judgement => judgement.RequestsPerSecond),
            BatchesPerSecond = judgements.Average(judgement => judgement.BatchesPerSecond),
            P50Milliseconds = Median.Of(judgements.ConvertAll(judgement => judgement.P50Milliseconds)),
            P99Milliseconds = Median.Of(judgements.ConvertAll(judgement => judgement.P99Milliseconds)),
            Examples = [.. judgements.Append(end).SelectMany(judgement => judgement.Examples).Take(40)],
        };
    }
}

/// <summary>What kills came to.</summary>
public sealed record KillReport
{
    public string Bench { get; } = "cluster-kills";

    /// <summary><c>bind</c> where engines connect to the silos, else <c>connect</c>.</summary>
    public required string Mode { get; init; }

    public int Kills { get; init; }

    /// <summary>From a kill to the last wrong walk of a silo that lives.</summary>
    public double MedianRecoverySeconds { get; init; }

    public double LongestRecoverySeconds { get; init; }

    /// <summary>ext_proc streams to silos that lived.</summary>
    public int Streams { get; init; }

    public int FailedStreams { get; init; }

    /// <summary>Streams to a silo that was killed, each asked of another silo then.</summary>
    public int GivenUp { get; init; }

    /// <summary>The longest time without an answer to any request.</summary>
    public double LongestPauseMilliseconds { get; init; }

    /// <summary>Walks that were compared with the engines' own word.</summary>
    public int Walks { get; init; }

    /// <summary>Wrong ones before a kill, a silo's joining included.</summary>
    public int WrongWalksBefore { get; init; }

    /// <summary>Wrong ones after a kill: the last of them ends the recovery.</summary>
    public int WrongWalks { get; init; }

    /// <summary>Walks, those of requests included, that went on without a part of the index because a silo was silent or gone.</summary>
    public long PartialWalks { get; init; }

    public int Picks { get; init; }

    /// <summary>Picks of an endpoint while another certainly held more, during recoveries.</summary>
    public int WrongPicksMeanwhile { get; init; }

    /// <summary>The same at any other time.</summary>
    public int WrongPicksAfterwards { get; init; }

    /// <summary>Entries of the index that engines at rest did not hold.</summary>
    public long WrongEntries { get; init; }

    public long MissingEntries { get; init; }

    public double RequestsPerSecond { get; init; }

    public double BatchesPerSecond { get; init; }

    /// <summary>Of a stream, as the client saw it.</summary>
    public double P50Milliseconds { get; init; }

    public double P99Milliseconds { get; init; }

    /// <summary>The first few things that were wrong.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    public bool IsGood => (FailedStreams, WrongPicksAfterwards, WrongEntries, MissingEntries) == (0, 0, 0, 0);

    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);
}
