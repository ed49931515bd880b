namespace OrleansKvRouter.Tests.Cluster.Programs;

/// <summary><c>demo --silos 3</c>: three silo processes, one of them killed half-way.</summary>
public sealed class SiloDemoTests
{
    [Fact]
    public async Task Demo_OneSiloOfThreeKilled_EveryPredictionIsWhatTheEngineReports()
    {
        var models = Directory.CreateTempSubdirectory("kvrouter-models-");
        Directory.CreateSymbolicLink(Path.Combine(models.FullName, "Qwen3-32B"), Repository.Qwen3);
        await using var demo = Peer.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "OrleansKvRouter.Bench.dll"), "demo", "--silos", "3", "--silo-program", SiloProgram.Dll, "--models", models.FullName]);
        var said = await demo.ReadToEndAsync();
        Assert.True(await demo.ExitAsync() == 0, said + demo.Errors);
        Assert.Contains("After 3 requests the silo at", said, StringComparison.Ordinal);
        Assert.Contains("every prediction equals what the engine reported, with a silo less", said, StringComparison.Ordinal);
        models.Delete(recursive: true);
    }
}
