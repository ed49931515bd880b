using System.Text.RegularExpressions;

namespace OrleansKvRouter.Tests.Cluster;

/// <summary>docs/cluster.md lists the cluster's metrics, and nothing else.</summary>
public sealed partial class MetricsCatalogueTests
{
    [Fact]
    public void Catalogue_AndInstruments_AreTheSame()
    {
        var documented = File.ReadAllLines(Repository.InRepo("docs", "cluster.md"))
            .Where(line => line.StartsWith("| `kvrouter_", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1])
            .Order();
        var counted = new[] { "Slices", "Grains", "Silo" }
            .SelectMany(folder => Directory.EnumerateFiles(Repository.InRepo(folder), "*Instruments.cs", SearchOption.AllDirectories))
            .SelectMany(file => Counters().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups["name"].Value.Replace('.', '_') + "_total")
            .Order();
        Assert.Equal(counted, documented);
    }

    [GeneratedRegex("""Create\w+<\w+>\(\s*"(?<name>[a-z.]+)".*?description:""", RegexOptions.Singleline)]
    private static partial Regex Counters();
}
