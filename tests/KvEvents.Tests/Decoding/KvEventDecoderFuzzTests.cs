using FsCheck.Xunit;
using Xunit.Abstractions;

namespace OrleansKvRouter.Tests.KvEvents.Decoding;

/// <summary>A short run of <c>./kvrouter bench fuzz</c>: other inputs each time, and the seed is in what it says when it fails.</summary>
public sealed class KvEventDecoderFuzzTests(ITestOutputHelper output)
{
    private const int InputsPerSeed = 10_000;

    [Property(MaxTest = 20)]
    public void Run_MutatedBatchesInAnyOrder_NothingThrowsGrowsOrHangs(FsCheck.DoNotSize<int> seed)
    {
        using var run = new FuzzRun(seed.Item);
        output.WriteLine(run.Run(InputsPerSeed).ToJson());
    }
}
