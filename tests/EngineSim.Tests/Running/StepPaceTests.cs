using OrleansKvRouter.EngineSim.Core;
using OrleansKvRouter.EngineSim.Running;

namespace OrleansKvRouter.Tests.EngineSim.Running;

public sealed class StepPaceTests
{
    private readonly JumpingTime _time = new();

    [Theory]
    [InlineData(5000, 0, 1, 500)]
    [InlineData(0, 1, 1, 20)]
    [InlineData(0, 100, 1, 20)]
    [InlineData(5000, 3, 1, 520)]
    [InlineData(5000, 3, 0.5, 260)]
    [InlineData(5000, 3, 0, 0)]
    public async Task WaitAsync_Step_TakesItsPrefillAndOneDecodeInterval(int prefill, int decodes, double scale, int milliseconds)
    {
        var pace = new StepPace(new EngineSpeed(10_000, 50, scale), _time);
        pace.Start();

        await pace.WaitAsync(new StepPlan(prefill, decodes), CancellationToken.None);

        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), _time.Elapsed);
    }

    [Fact]
    public async Task WaitAsync_LateTimers_KeepTheRate()
    {
        _time.Lateness = TimeSpan.FromMilliseconds(3);
        var pace = new StepPace(new EngineSpeed(DecodeTokensPerSecond: 100), _time);
        pace.Start();

        for (var step = 0; step < 100; step++) await pace.WaitAsync(new StepPlan(0, 1), CancellationToken.None);

        Assert.InRange(_time.Elapsed.TotalMilliseconds, 1000, 1005);
    }

    [Fact]
    public async Task WaitAsync_AfterALongStall_DoesNotRunInABurst()
    {
        var pace = new StepPace(new EngineSpeed(DecodeTokensPerSecond: 100), _time);
        pace.Start();
        _time.Advance(TimeSpan.FromSeconds(10));

        for (var step = 0; step < 100; step++) await pace.WaitAsync(new StepPlan(0, 1), CancellationToken.None);

        Assert.InRange(_time.Elapsed.TotalMilliseconds, 10_900, 11_000);
    }

    [Fact]
    public async Task Start_AfterIdling_CountsTheFirstStepInFull()
    {
        var pace = new StepPace(new EngineSpeed(DecodeTokensPerSecond: 100), _time);
        pace.Start();
        await pace.WaitAsync(new StepPlan(0, 1), CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(10));

        pace.Start();
        await pace.WaitAsync(new StepPlan(0, 1), CancellationToken.None);

        Assert.Equal(10_020, _time.Elapsed.TotalMilliseconds);
    }
}
