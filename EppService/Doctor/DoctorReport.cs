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
        new NotReadyRule(), new ResourceErrorRule(), new EmptyPoolRule(), new RoutedByLoadRule(), new SnapshotRule(),
        new UnreadyRule(), new NoEventsRule(), new HashRule(), new LostEventsRule(), new MissingHistoryRule(),
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
            string[][] rows = [EndpointReport.Columns, .. pool.Select(endpoint => endpoint.Cells())];
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
}
