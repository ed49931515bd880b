using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.KvEvents.Doubles;

namespace OrleansKvRouter.Tests.KvEvents.Feeds;

/// <summary>A distrusted engine whose live batches go on coming.</summary>
public sealed class FeedRebuildingTests : IDisposable
{
    private readonly FuzzWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public void Accept_DistrustedAgainWhileABatchIsHeld_TheHeldOneAndTheNewOneAreBothApplied()
    {
        var (target, feed) = _world.Add(replays: true, PoolKeyScheme.Create("sha256_cbor", "42").Value!);
        Accept(0, 1);
        target.Distrust("its answers say so", DateTimeOffset.UnixEpoch);
        Accept(1, 2);
        target.Distrust("its answers still say so", DateTimeOffset.UnixEpoch);
        Accept(2, 3);

        Assert.False(Holds(1));
        Assert.True(Holds(2));
        Assert.True(Holds(3));

        void Accept(long sequence, ulong hash)
        {
            var payload = MsgPack.BatchAt(1_757_000_000 + sequence, 0, MsgPack.Stored([hash], 77, Pods.Tokens(4), 4));
            Assert.True(_world.Scratch.TryDecode(payload, out _));
            feed.Accept(sequence, payload, _world.Scratch);
        }

        bool Holds(ulong key)
        {
            var matches = new PrefixMatches();
            _world.Index.Walk([new BlockKey(key)], matches);
            return matches.BlocksOf(target.Holder) > 0;
        }
    }
}
