using OrleansKvRouter.Bench.Cluster;
using OrleansKvRouter.Tests.Cluster.Programs;
using OrleansKvRouter.Tests.EndToEnd.Fixtures;
using Xunit.Abstractions;

namespace OrleansKvRouter.Tests.Cluster.Processes;

/// <summary>What happens to clusters beside sudden deaths, one after the other under the same load: engines connect to the silos, requests go to all of them.</summary>
public sealed class DisturbanceTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>A load that two processors bear beside three silos, their engines and a PostgreSQL: what is late is late because of the disturbance then.</summary>
    private static readonly ClusterOptions Load = new(Bind: true, RequestRate: 60, BatchRate: 100);

    private readonly ModelsFolder _models = new();

    public void Dispose() => _models.Dispose();

    [TrialFact]
    public async Task SilosJoinAndLeaveAndLoseTheDatabase_NoStreamFailsAndTheIndexIsRight()
    {
        await using var trial = await ClusterTrial.StartAsync(SiloProgram.Dll, _models.Path, Load with { Later = 1 });

        await PlayAsync(trial, "a fourth silo joins", () => JoinAsync(trial, 3));
        var drained = await PlayAsync(trial, "a silo is drained", () => trial.DrainAsync(0));
        Assert.True(drained.CutOff == 0, $"{drained.CutOff} streams were cut off by the drain");
        await PlayAsync(trial, "PostgreSQL is gone for 10 s", () => LoseDatabaseAsync(trial));
        Assert.Equal([1, 2, 3], trial.Silos.Running);
        // Nobody lives to be asked meanwhile: what counts is the index.
        await PlayAsync(trial, "all silos are killed at once and started again", () => RestartAllAsync(trial), answers: false);
        var end = await trial.RestAsync(new Judgement(), await trial.Fleet.SettleAsync(clear: true), cleared: true);
        Assert.True((end.WrongEntries, end.MissingEntries) == (0, 0), string.Join('\n', end.Examples));
    }

    [TrialFact]
    public async Task SiloStandsStill_EndsItself_AndTheIndexIsRight()
    {
        await using var trial = await ClusterTrial.StartAsync(SiloProgram.Dll, _models.Path, Load);

        await PlayAsync(trial, "a silo stands still for 6 s, and ends itself", () => StallAsync(trial, 2));
        await PlayAsync(trial, "it comes back", () => JoinAsync(trial, 2));
    }

    private async Task<Judgement> PlayAsync(ClusterTrial trial, string what, Func<Task<double>> disturbance, bool answers = true)
    {
        var judgement = await trial.StormAsync(disturbance, TimeSpan.FromSeconds(3));
        output.WriteLine($"{what}: {judgement}; {string.Join("; ", judgement.Examples)}");
        Assert.True((answers ? judgement.FailedStreams : 0, judgement.WrongEntries, judgement.MissingEntries) == (0, 0, 0), $"{what}: {judgement}\n{string.Join('\n', judgement.Examples)}");
        return judgement;
    }

    private static async Task<double> JoinAsync(ClusterTrial trial, int silo)
    {
        var began = SiloTimes.Now;
        await trial.BringUpAsync(silo);
        return began;
    }

    /// <summary>The others take its place meanwhile; when it goes on, it finds itself declared dead.</summary>
    private static async Task<double> StallAsync(ClusterTrial trial, int silo)
    {
        trial.Times.Down(silo);
        var stalled = SiloTimes.Now;
        await trial.Silos[silo].SignalAsync("STOP");
        await Task.Delay(TimeSpan.FromSeconds(6));
        await trial.Silos[silo].SignalAsync("CONT");
        await Eventually.TrueAsync(() => trial.Silos[silo].HasExited, "the silo that was declared dead ends itself");
        return stalled;
    }

    private static async Task<double> LoseDatabaseAsync(ClusterTrial trial)
    {
        var lost = SiloTimes.Now;
        await trial.Postgres.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(10));
        await trial.Postgres.StartAsync();
        return lost;
    }

    private static async Task<double> RestartAllAsync(ClusterTrial trial)
    {
        var began = SiloTimes.Now;
        var silos = trial.Silos.Running;
        await Task.WhenAll(silos.Select(trial.KillAsync));
        await Task.WhenAll(silos.Select(trial.BringUpAsync));
        return began;
    }
}
