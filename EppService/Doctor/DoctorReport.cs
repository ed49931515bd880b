using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansKvRouter.EppService.Doctor;

/// <summary>What <c>doctor</c> prints.</summary>
/// <param name="Healthy">True when there is no problem; remarks do not count.</param>
/// <param name="Version">The node's.</param>
/// <param name="Endpoints">Every endpoint of every pool.</param>
/// <param name="Findings">Problems first.</param>
internal sealed record DoctorReport(bool Healthy, string Version, IReadOnlyList<EndpointReport> Endpoints, IReadOnlyList<Finding> Findings)
{
    private static readonly IRule[] Rules =
    [
        new NotReadyRule(), new ResourceErrorRule(), new EmptyPoolRule(), new RoutedByLoadRule(),
        new UnreadyRule(), new NoEventsRule(), new HashRule(), new LostEventsRule(),
        new StaleRule(), new AccuracyRule(), new UnreportedRule(), new MiscountRule(), new LoadUnknownRule(),
    ];

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static DoctorReport Of(Examination examination)
    {
        var findings = Rules.SelectMany(rule => rule.Check(examination)).OrderBy(finding => finding.IsProblem ? 0 : 1).ToArray();
        return new DoctorReport(!findings.Any(finding => finding.IsProblem), examination.Node.Version, [.. examination.Patients.Select(EndpointReport.Of)], findings);
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    public string ToText()
    {
        var text = new StringBuilder($"router {Version}\n");
        foreach (var pool in Endpoints.GroupBy(endpoint => endpoint.Pool))
        {
            var first = pool.First();
            text.Append(CultureInfo.InvariantCulture, $"\npool {pool.Key}: {first.Scheme ?? "by load"}, {first.BlockSize} tokens a block\n");
            string[][] rows =
            [
                ["endpoint", "address", "trust", "events/s", "lost", "blocks", "right"],
                .. pool.Select(e => new[] { e.Name, e.Address, e.Trust, Number(e.BatchesPerSecond), Number(e.Lost), Number(e.BlocksHeld), e.Accuracy is { } share ? share.ToString("P1", CultureInfo.InvariantCulture) : "-" }),
            ];
            foreach (var row in rows)
            {
                var cells = row.Select((cell, column) => cell.PadRight(rows.Max(other => other[column].Length)));
                text.Append("  ").AppendLine(string.Join("  ", cells).TrimEnd());
            }
        }

        foreach (var finding in Findings)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{(finding.IsProblem ? "PROBLEM" : "note")}  {finding.Subject}: {finding.What}\n  mend: {finding.Mend}\n");
        }

        return text.Append(Healthy ? "\nhealthy" : "\nsomething is wrong").ToString();
    }

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}

/// <summary>One endpoint's line.</summary>
internal sealed record EndpointReport
{
    public required string Pool { get; init; }

    public required string Name { get; init; }

    public required string Address { get; init; }

    public required bool Ready { get; init; }

    public string? Scheme { get; init; }

    /// <summary>The pool's tokens a block.</summary>
    public required int BlockSize { get; init; }

    public required string Trust { get; init; }

    /// <summary>Seed, algorithm or block size that differ, what was lost, …; empty for <c>exact</c>.</summary>
    public required string Cause { get; init; }

    public DateTimeOffset? Since { get; init; }

    /// <summary>Batches of KV events per second between the two readings.</summary>
    public required double BatchesPerSecond { get; init; }

    public required long Lost { get; init; }

    public required long BlocksHeld { get; init; }

    /// <summary>The share of compared requests whose prediction was right to the token; null when none was compared.</summary>
    public double? Accuracy { get; init; }

    public static EndpointReport Of(Patient patient) => new()
    {
        Pool = patient.Pool.Name,
        Name = patient.Now.Name,
        Address = patient.Now.Address,
        Ready = patient.Now.Ready,
        Scheme = patient.Pool.Scheme,
        BlockSize = patient.Pool.Policy.TokenProcessor.BlockSize,
        Trust = patient.Now.Trust.State,
        Cause = patient.Now.Trust.Cause,
        Since = patient.Now.Trust.Since,
        BatchesPerSecond = patient.BatchesPerSecond,
        Lost = patient.Now.Lost,
        BlocksHeld = patient.Now.BlocksHeld,
        Accuracy = patient.Now.Predictions is { Judged: > 0 } seen ? (double)seen.Right / seen.Judged : null,
    };
}
