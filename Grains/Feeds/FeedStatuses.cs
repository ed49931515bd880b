using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansKvRouter.Grains.Gossip;
using OrleansKvRouter.KvEvents.Feeds;

namespace OrleansKvRouter.Grains.Feeds;

/// <summary>
/// What silos tell each other of the engines that they follow, so that trust, cursors and event forms are known in all of them: a
/// decision anywhere weighs an engine that is being recovered as its owner would.
/// </summary>
internal sealed class FeedStatuses(FeedSharing sharing) : IGossipTopic
{
    private readonly Dictionary<string, FeedReport> _told = new(StringComparer.Ordinal);

    public string Name => "feeds";

    public byte[]? Look(bool full)
    {
        if (full) _told.Clear();
        List<FeedReport> reports = [];
        foreach (var engine in sharing.Engines)
        {
            if (engine is not { IsElsewhere: false, EngineName: { } name } || engine.Report() is not { } report) continue;
            if (!full && _told.GetValueOrDefault(name) == report) continue;
            _told[name] = report;
            reports.Add(report);
        }

        return reports.Count == 0 ? null : JsonSerializer.SerializeToUtf8Bytes(reports, FeedReportsJson.Default.ListFeedReport);
    }

    public bool Hear(SiloAddress silo, ReadOnlyMemory<byte> told)
    {
        try
        {
            if (JsonSerializer.Deserialize(told.Span, FeedReportsJson.Default.ListFeedReport) is not { } reports) return false;
            var engines = sharing.Engines.Where(engine => engine.IsElsewhere && engine.EngineName is not null).ToLookup(engine => engine.EngineName!, StringComparer.Ordinal);
            foreach (var report in reports)
            {
                foreach (var engine in engines[report.Engine]) engine.Show(report);
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Another silo follows its engines within a second or two, and goes on from what was said last.</summary>
    public void Forget(SiloAddress silo)
    {
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(List<FeedReport>))]
internal sealed partial class FeedReportsJson : JsonSerializerContext;
