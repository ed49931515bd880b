using OrleansKvRouter.KvEvents.Replay;
using OrleansKvRouter.Tests.KvEvents.Trials.Chaos;
using Xunit.Abstractions;

namespace OrleansKvRouter.Tests.KvEvents.Replay;

/// <summary>A short <c>./kvrouter bench chaos</c>.</summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Engines_CutDelayedLostAndRestarted_AtRestTheIndexIsTheTruth()
    {
        // A wire that is cut takes the answer with it; attempts enough that a machine that stalls does not use them up.
        var options = new ChaosOptions(Engines: 9, Rate: 300, TimeSpan.FromSeconds(5), Seed: 23) { Replay = new ReplayOptions { Attempts = 50 } };
        var report = await ChaosRun.RunAsync(options);

        output.WriteLine(report.ToJson());
        Assert.True(report is { Wrong: 0, Missing: 0 }, string.Join("\n", report.Differing));
        Assert.Equal(0, report.Failures);
        Assert.True(report is { Cuts: > 0, LostLive: > 0, Replayed: > 0, Blocks: > 0 });
    }
}
