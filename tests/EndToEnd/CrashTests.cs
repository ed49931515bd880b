using OrleansKvRouter.Bench.Crash;
using OrleansKvRouter.Tests.EndToEnd.Fixtures;
using OrleansKvRouter.Tests.Support.Postgres;

namespace OrleansKvRouter.Tests.EndToEnd;

/// <summary>A router that is killed in the middle of everything; <c>bench crash</c> does it as often as one likes.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly ModelsFolder _models = new();

    public void Dispose() => _models.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Kill_DuringSnapshotsAndStorms_NothingIsWrongAfterwards(bool bind)
    {
        var report = await CrashBench.RunAsync(_models.Path, new CrashOptions(Kills: 4, StormSeconds: 0.6, Bind: bind));

        Assert.True(report.IsGood, report.ToJson());
        Assert.Equal((4, 0), (report.Kills, report.SetAside));
        Assert.InRange(report.Resumed, 1, 4 * 4);
    }

    [Fact]
    public async Task Kill_SnapshotsInPostgreSql_NothingIsWrongAfterwards()
    {
        await using var server = await PostgresServer.StartNewAsync();

        var report = await CrashBench.RunAsync(_models.Path, new CrashOptions(Kills: 4, StormSeconds: 0.6, Data: await server.NewDatabaseAsync()));

        Assert.True(report.IsGood, report.ToJson());
        Assert.Equal((4, 0), (report.Kills, report.SetAside));
        Assert.InRange(report.Resumed, 1, 4 * 4);
    }

    [Fact]
    public async Task Terminate_DuringAStorm_TheLastSnapshotIsGoneOnFrom()
    {
        var report = await CrashBench.RunAsync(_models.Path, new CrashOptions(Kills: 2, StormSeconds: 1, Gently: true));

        Assert.True(report.IsGood, report.ToJson());
        Assert.Equal((2, 2), (report.Kills, report.Loaded));
        Assert.InRange(report.Resumed, 4, 8);
    }
}
