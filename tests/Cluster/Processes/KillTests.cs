using OrleansKvRouter.Bench.Cluster;
using OrleansKvRouter.Tests.Cluster.Programs;
using OrleansKvRouter.Tests.EndToEnd.Fixtures;
using Xunit.Abstractions;

namespace OrleansKvRouter.Tests.Cluster.Processes;

/// <summary>Silos that are killed under load; <c>bench cluster --kills</c> does it as often as one likes.</summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private readonly ModelsFolder _models = new();

    public void Dispose() => _models.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Kill_UnderLoad_NoStreamFailsAndTheIndexIsWholeAgain(bool bind)
    {
        var report = await KillBench.RunAsync(SiloProgram.Dll, _models.Path, kills: 1, bind, requestRate: 60, batchRate: 100, progress: output.WriteLine);

        Assert.Equal((0, 0, 0), (report.FailedStreams, report.WrongEntries, report.MissingEntries));
        // Something was at stake: requests had to go elsewhere, and walks and picks were compared.
        Assert.InRange(report.GivenUp, 1, report.Streams);
        Assert.InRange(report.Walks, 100, int.MaxValue);
        Assert.InRange(report.Picks, 100, int.MaxValue);
    }
}
