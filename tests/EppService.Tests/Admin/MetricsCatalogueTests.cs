using System.Diagnostics.Metrics;
using System.Reflection;
using OrleansKvRouter.EppService.Admin;
using OrleansKvRouter.EppService.Admin.Prometheus;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EppService.Admin;

/// <summary>docs/metrics.md lists what is exported, and nothing else.</summary>
public sealed class MetricsCatalogueTests
{
    [Fact]
    public void Catalogue_AndInstruments_AreTheSame()
    {
        var documented = File.ReadAllLines(Repository.InRepo("docs", "metrics.md"))
            .Where(line => line.StartsWith("| `kvrouter_", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1])
            .ToArray();

        var exported = ExportedMetrics();

        Assert.Equal(documented.Distinct(), documented);
        Assert.Empty(exported.Except(documented).Order());
        Assert.Empty(documented.Except(exported).Order());
    }

    [Fact]
    public void Instruments_All_SayWhatTheyMean()
    {
        foreach (var instrument in Instruments())
        {
            Assert.False(string.IsNullOrWhiteSpace(instrument.Description), $"{instrument.Name} has no description");
            Assert.StartsWith("kvrouter.", instrument.Name, StringComparison.Ordinal);
        }
    }

    private static HashSet<string> ExportedMetrics() =>
        [.. Instruments().Select(i => PrometheusNames.MetricName(i, PrometheusExporter.Classify(i).Kind))];

    /// <summary>Makes every subsystem's instruments class and listens for what it publishes.</summary>
    private static List<Instrument> Instruments()
    {
        var found = new List<Instrument>();
        var owners = Assemblies().SelectMany(a => a.GetTypes()).Where(t => t.Name.EndsWith("Instruments", StringComparison.Ordinal) && !t.IsAbstract).ToArray();
        Assert.NotEmpty(owners);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name.StartsWith("OrleansKvRouter.", StringComparison.Ordinal) && !instrument.Meter.Name.Contains("Test", StringComparison.Ordinal))
                {
                    lock (found) found.Add(instrument);
                }
            },
        };
        listener.Start();
        foreach (var owner in owners) Make(owner).Dispose();
        lock (found) return [.. found];
    }

    /// <summary>What an owner observes is not there: its instruments are published all the same, and nobody observes them here.</summary>
    private static IDisposable Make(Type owner)
    {
        var constructor = Assert.Single(owner.GetConstructors());
        return (IDisposable)constructor.Invoke(new object?[constructor.GetParameters().Length]);
    }

    private static IEnumerable<Assembly> Assemblies() =>
        Directory.EnumerateFiles(AppContext.BaseDirectory, "OrleansKvRouter.*.dll").Select(Assembly.LoadFrom);
}
