namespace OrleansKvRouter.Bench.Cluster;

/// <summary>Holds what silos said during a storm against what engines held.</summary>
/// <param name="fleet">The engines.</param>
/// <param name="times">Which silos were up when.</param>
internal sealed class Judge(ClusterFleet fleet, SiloTimes times)
{
    /// <summary>What an engine has told counts as known everywhere after so many seconds; until then the older word is right too.</summary>
    public const double NewsSeconds = 1;

    private const int MostExamples = 10;

    /// <summary>The client tries to connect again after 0.2 s at most; a busy machine takes its time.</summary>
    private const double ReconnectSeconds = 2;

    /// <summary>How the data plane's gRPC begins to say that nobody listens.</summary>
    private const string NotReached = "failed to connect";

    /// <param name="storm">What engines held.</param>
    /// <param name="walks">What silos said of it.</param>
    /// <param name="streams">What silos picked.</param>
    /// <param name="disturbed">When the disturbance was.</param>
    public Judgement Of(Storm storm, IReadOnlyList<SiloWalk> walks, IReadOnlyList<AskedStream> streams, double disturbed)
    {
        var held = new HeldOverTime(storm.History, fleet.Count);
        var (began, ended) = (storm.History[0].Time, storm.History[^1].Time);
        var examples = new List<string>();

        // 1. Walks of silos that are up. The last wrong one is the moment when the index was complete again.
        SiloWalk[] judged = [.. walks.Where(walk => walk.Began > began && walk.Ended < ended && times.IsUp(walk.Silo, walk.Began, walk.Ended))];
        SiloWalk[] wrong = [.. judged.Where(walk => Wrong(held, walk) is not null)];
        SiloWalk[] after = [.. wrong.Where(walk => walk.Ended >= disturbed)];
        var recovered = after.Length == 0 ? disturbed : after.Max(walk => walk.Ended);
        examples.AddRange(wrong.Where(walk => walk.Ended < disturbed).Concat(after.TakeLast(MostExamples / 2)).Take(MostExamples).Select(walk => $"{walk.Began - disturbed:+0.00;-0.00} s: {Wrong(held, walk)}"));

        // 2. Streams. One that asked a silo that was not up is asked of another: that is the data plane's part.
        AskedStream[] counted = [.. streams.Where(Counts)];
        AskedStream[] failed = [.. counted.Where(stream => !stream.IsAnswered)];
        examples.AddRange(failed.Take(MostExamples).Select(stream => $"{stream.Began - disturbed:+0.00;-0.00} s: a stream of silo {stream.Silo} ended with gRPC code {stream.Code}, status {stream.Status}: {stream.Details}"));
        AskedStream[] answered = [.. counted.Where(stream => stream.IsAnswered)];
        AskedStream[] picks = [.. answered.Where(stream => stream.Began > began && stream.Ended < ended)];
        AskedStream[] wrongPicks = [.. picks.Where(stream => IsWrong(held, stream))];
        var ends = answered.Select(stream => stream.Ended).Order().ToArray();
        var took = answered.Select(stream => (stream.Ended - stream.Began) * 1000).Order().ToArray();
        return new Judgement
        {
            Walks = judged.Length,
            WrongWalksBefore = wrong.Length - after.Length,
            WrongWalks = after.Length,
            RecoverySeconds = recovered - disturbed,
            Streams = counted.Length,
            FailedStreams = failed.Length,
            GivenUp = streams.Count - counted.Length,
            CutOff = streams.Count(stream => !Counts(stream) && stream.Code != 0 && !IsNotReached(stream)),
            Picks = picks.Length,
            WrongPicksBefore = wrongPicks.Count(stream => stream.Ended < disturbed),
            WrongPicksMeanwhile = wrongPicks.Count(stream => stream.Ended >= disturbed && stream.Ended <= recovered),
            WrongPicksAfterwards = wrongPicks.Count(stream => stream.Ended > recovered),
            LongestPauseMilliseconds = ends.Zip(ends.Skip(1), (a, b) => b - a).DefaultIfEmpty().Max() * 1000,
            P50Milliseconds = took.Length == 0 ? 0 : took[took.Length / 2],
            P99Milliseconds = took.Length == 0 ? 0 : took[took.Length * 99 / 100],
            RequestsPerSecond = counted.Length == 0 ? 0 : counted.Length / (counted.Max(s => s.Ended) - counted.Min(s => s.Began)),
            BatchesPerSecond = storm.Sent / (ended - began),
            Examples = examples,
        };
    }

    /// <summary>Whether the silo was up. For a moment after it has come back the client still says that nobody listens, without having tried.</summary>
    private bool Counts(AskedStream stream) => times.IsUp(stream.Silo, stream.Began - (IsNotReached(stream) ? ReconnectSeconds : 0), stream.Ended);

    private static bool IsNotReached(AskedStream stream) => stream.Details.StartsWith(NotReached, StringComparison.Ordinal);

    private string? Wrong(HeldOverTime held, SiloWalk walk)
    {
        if (walk.Matched is null) return $"silo {walk.Silo} gave no answer";
        for (var engine = 0; engine < walk.Matched.Length; engine++)
        {
            var (least, most) = held.Of(engine, walk.Prompt, walk.Began - NewsSeconds, walk.Ended);
            if (fleet.CannotReplay[engine]) least = 0;
            if (walk.Matched[engine] < least || walk.Matched[engine] > most) return $"silo {walk.Silo} says {walk.Matched[engine]} blocks of prompt {walk.Prompt} at engine {engine}, which held {least} to {most}; it held so many {held.AgeOf(engine, walk.Prompt, walk.Matched[engine], walk.Ended):0.00} s ago";
        }

        return null;
    }

    /// <summary>Whether another endpoint certainly held more.</summary>
    private bool IsWrong(HeldOverTime held, AskedStream stream)
    {
        var best = 0;
        var picked = int.MaxValue;
        for (var engine = 0; engine < fleet.Count; engine++)
        {
            var (least, most) = held.Of(engine, stream.Prompt, stream.Began - NewsSeconds, stream.Ended);
            if (fleet.AddressOf(engine) == stream.Picked) picked = most;
            else if (!fleet.CannotReplay[engine]) best = Math.Max(best, least);
        }

        return picked < best;
    }
}

/// <summary>What a storm came to.</summary>
public sealed record Judgement
{
    /// <summary>Walks that were compared with the engines' own word.</summary>
    public int Walks { get; init; }

    /// <summary>Of these, walks that were wrong before the disturbance.</summary>
    public int WrongWalksBefore { get; init; }

    /// <summary>Walks that were wrong after it.</summary>
    public int WrongWalks { get; init; }

    /// <summary>From the disturbance to the end of the last wrong walk of any silo that was up.</summary>
    public double RecoverySeconds { get; init; }

    /// <summary>ext_proc streams to silos that were up.</summary>
    public int Streams { get; init; }

    /// <summary>Of these, streams that did not name an endpoint or did not end well.</summary>
    public int FailedStreams { get; init; }

    /// <summary>Streams to a silo that was not up; each was asked of another.</summary>
    public int GivenUp { get; init; }

    /// <summary>Of these, streams that the silo had taken and did not end well.</summary>
    public int CutOff { get; init; }

    /// <summary>Walks, of all kinds, that silos made without a part of the index because another silo was silent; those of a silo that is gone are not known.</summary>
    public long PartialWalks { get; init; }

    /// <summary>Picks that were compared with the engines' own word.</summary>
    public int Picks { get; init; }

    public int WrongPicksBefore { get; init; }

    /// <summary>Picks of an endpoint while another certainly held more of the prompt, until the last wrong walk.</summary>
    public int WrongPicksMeanwhile { get; init; }

    /// <summary>The same after it.</summary>
    public int WrongPicksAfterwards { get; init; }

    /// <summary>The longest time without an answer to any request.</summary>
    public double LongestPauseMilliseconds { get; init; }

    /// <summary>Of a stream, as the client saw it.</summary>
    public double P50Milliseconds { get; init; }

    public double P99Milliseconds { get; init; }

    public double RequestsPerSecond { get; init; }

    public double BatchesPerSecond { get; init; }

    /// <summary>Entries of the index that engines at rest did not hold, in silos that were up.</summary>
    public long WrongEntries { get; init; }

    /// <summary>Entries that were missing.</summary>
    public long MissingEntries { get; init; }

    /// <summary>From the end of the storm until every silo that was up equalled the engines.</summary>
    public double RestSeconds { get; init; }

    /// <summary>The first few things that were wrong.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];
}
