using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Tests.KvEvents.Feeds;

public sealed class FeedTargetTests
{
    /// <summary>Who looks at an endpoint may do so while it leaves: its holder's number is then nobody's, or already another's.</summary>
    [Fact]
    public void BlocksHeld_Retired_NoneAndNotItsSuccessors()
    {
        var index = new InMemoryBlockIndex();
        var scheme = PoolKeyScheme.Create("sha256_cbor", "42").Value!;
        var target = new FeedTarget("pool", "default/a", index, index.AddHolder(), scheme, blockSize: 16);
        index.Store(target.Holder, null, [new BlockKey(1), new BlockKey(2)]);
        Assert.Equal(2, target.BlocksHeld);

        target.Retire();
        target.RemoveHolders();
        Assert.Equal(0, target.BlocksHeld);
        Assert.Equal(0, target.BlocksDropped);

        index.Store(index.AddHolder(), null, [new BlockKey(3)]);
        Assert.Equal(0, target.BlocksHeld);
    }
}
