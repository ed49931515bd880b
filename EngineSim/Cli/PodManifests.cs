using System.Text;
using System.Text.Json;

namespace OrleansKvRouter.EngineSim.Cli;

/// <summary>Engines as the Kubernetes Pod documents that the router reads; the ranks of a pod share its name. Strings are written as JSON, which is YAML too.</summary>
internal static class PodManifests
{
    public static string Write(IEnumerable<EngineOptions> engines, string ns, IReadOnlyList<(string Key, string Value)> labels)
    {
        var yaml = new StringBuilder();
        foreach (var engine in engines.DistinctBy(engine => engine.Name))
        {
            yaml.AppendLine("---").AppendLine("apiVersion: v1").AppendLine("kind: Pod").AppendLine("metadata:");
            Field(yaml, "  name", engine.Name);
            Field(yaml, "  namespace", ns);
            if (labels.Count > 0) yaml.AppendLine("  labels:");
            foreach (var (key, value) in labels) Field(yaml, $"    {JsonSerializer.Serialize(key)}", value);
            yaml.AppendLine("status:");
            Field(yaml, "  podIP", engine.Host);
            yaml.AppendLine("  phase: Running").AppendLine("  conditions:").AppendLine("    - type: Ready").AppendLine("      status: \"True\"");
        }

        return yaml.ToString();
    }

    private static void Field(StringBuilder yaml, string key, string value) => yaml.Append(key).Append(": ").AppendLine(JsonSerializer.Serialize(value));
}
