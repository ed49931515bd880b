using System.Buffers;
using System.Text;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.Tokenization.Requests;
using static OrleansKvRouter.Tests.EppService.Pools.Specs;
using static OrleansKvRouter.Tests.EppService.Routing.RouterUnderTest;

namespace OrleansKvRouter.Tests.EppService.Routing;

/// <summary>What a pick allocates beside reading the body does not grow with the prompt: no stage allocates per block or token.</summary>
public sealed class PickAllocationTests
{
    [Fact]
    public async Task Pick_PromptOf64TimesTheTokens_AllocatesTheSameBesideParsing()
    {
        using var router = await StartAsync([Pool("qwen", Tracking(), Pods(3))], logged: false);
        byte[] small = Encoding.UTF8.GetBytes(IdsBody(Ids(1024))), large = Encoding.UTF8.GetBytes(IdsBody(Ids(65_536)));
        router.Hold(0, Ids(65_536));
        var (smallBytes, largeBytes) = (await BesideParsingAsync(router, small), await BesideParsingAsync(router, large));
        // 4032 blocks more: a single object for each would be 96 KB.
        Assert.True(largeBytes - smallBytes <= 16 * 1024, $"{smallBytes} bytes for 64 blocks, {largeBytes} for 4096");
        Assert.True(largeBytes <= 16 * 1024, $"{largeBytes} bytes for a pick");
    }

    /// <summary>The least of some runs: tiers, statistics and caches settle in the others.</summary>
    private static async Task<long> BesideParsingAsync(RouterUnderTest router, byte[] body)
    {
        var request = new PickRequest { RequestId = "r", Path = Completion, Body = body };
        var pick = long.MaxValue;
        for (var i = 0; i < 30; i++)
        {
            FillArrayPool();
            // Over an index in this process a pick never waits: the thread is the same all the way.
            var before = GC.GetAllocatedBytesForCurrentThread();
            ((PickOutcome.Picked)await router.Router.PickAsync(request, default)).Lease.Dispose();
            pick = Math.Min(pick, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        var parse = long.MaxValue;
        for (var i = 0; i < 30; i++)
        {
            FillArrayPool();
            var before = GC.GetAllocatedBytesForCurrentThread();
            RequestParser.Parse(body, RequestKind.Completion);
            parse = Math.Min(parse, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return pick - parse;
    }

    /// <summary>
    /// Reading a body borrows arrays that it never gives back. Whether the pool has some is other tests' doing; with one of
    /// each size here, reading costs the same by itself and inside a pick.
    /// </summary>
    private static void FillArrayPool()
    {
        for (var size = 16; size <= 1 << 24; size *= 2) ArrayPool<byte>.Shared.Return(ArrayPool<byte>.Shared.Rent(size));
    }
}
