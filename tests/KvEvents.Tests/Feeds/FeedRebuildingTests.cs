using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Snapshots;
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
        var (target, feed) = Add();
        Accept(feed, 0, 1);
        target.Distrust("its answers say so", DateTimeOffset.UnixEpoch);
        Accept(feed, 1, 2);
        target.Distrust("its answers still say so", DateTimeOffset.UnixEpoch);
        Accept(feed, 2, 3);

        Assert.False(Holds(target, 1));
        Assert.True(Holds(target, 2));
        Assert.True(Holds(target, 3));
    }

    /// <summary>
    /// The index loses a part of an engine that was just taken over, and its stream is not there yet: it must not go on from where another
    /// process left off, since of what came before that nothing is left.
    /// </summary>
    [Fact]
    public void LearnAnew_TakenOverAndNotFollowedYet_TheFirstBatchOnIsAskedFor()
    {
        var (target, feed) = Add();
        _world.Index.Store(target.Holder, null, [new BlockKey(1)]);
        target.TakeOver(new StreamPosition(40, 1_757_000_040, new EngineMemo(CanGoOn: true, TrustState.Exact, KeysPerBlock: 1, Rank: 0, Group: null).Pack()), DateTimeOffset.UnixEpoch);

        target.LearnAnew();
        Accept(feed, 41, 2);

        Assert.Equal(0, Assert.Single(_world.Replays).Start);
        Assert.Equal(TrustState.Recovering, target.Status.Trust.State);
        Assert.False(Holds(target, 1));
        Assert.False(Holds(target, 2));
    }

    private (FeedTarget Target, EngineFeed Feed) Add() => _world.Add(replays: true, PoolKeyScheme.Create("sha256_cbor", "42").Value!);

    private void Accept(EngineFeed feed, long sequence, ulong hash)
    {
        var payload = MsgPack.BatchAt(1_757_000_000 + sequence, 0, MsgPack.Stored([hash], 77, Pods.Tokens(4), 4));
        Assert.True(_world.Scratch.TryDecode(payload, out _));
        feed.Accept(sequence, payload, _world.Scratch);
    }

    private bool Holds(FeedTarget target, ulong key)
    {
        var matches = new PrefixMatches();
        _world.Index.Walk([new BlockKey(key)], matches);
        return matches.BlocksOf(target.Holder) > 0;
    }
}
