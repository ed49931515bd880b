using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.KvEvents.Doubles;
using OrleansKvRouter.Tests.KvEvents.Trials.Fuzz;

namespace OrleansKvRouter.Tests.KvEvents.Snapshots;

/// <summary>What is remembered of hashes goes over to the feed that goes on: it understands the removals of what the one before stored.</summary>
public sealed class HashMemoryTests
{
    private readonly uint[] _tokens = Pods.Tokens(16);

    [Theory]
    [InlineData("auto", null)]
    [InlineData("own", null)]
    [InlineData("sha256_cbor", "42")]
    public void GoOn_EngineWithHashesOfItsOwn_RemovalsAreUnderstood(string algorithm, string? seed)
    {
        using var events = new AppliedEvents(blockSize: 4, PoolKeyScheme.Create(algorithm, seed).Value!);
        events.Apply(MsgPack.Stored([1, 2, 3, 4], null, _tokens, 4));
        events.Apply(MsgPack.Stored([4], 3, _tokens[12..], 4));
        var held = events.KeysIn(Tier.Gpu);
        Assert.Equal((4, TrustState.Mapped), (held.Length, events.Target.Status.Trust.State));

        events.GoOnInAnother();
        events.Apply([Removed("GPU", 3, 4)]);

        // The last block was there twice.
        Assert.Equal(3, events.KeysIn(Tier.Gpu).Length);
        events.Apply([Removed("GPU", 4), MsgPack.Stored([5], 2, Pods.Tokens(4, first: 900), 4)]);
        Assert.Equal(3, events.KeysIn(Tier.Gpu).Length);
        events.Apply([Removed("GPU", 1, 2, 5)]);
        Assert.Empty(events.KeysIn(Tier.Gpu));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public void GoOn_ConnectorWithHashesOfItsOwn_RemovalsAreUnderstood(int blockSize)
    {
        using var events = new AppliedEvents(blockSize: 4);
        Announce(events);
        object[] foreign = [.. Enumerable.Range(1, 16 / blockSize).Select(hash => (object)hash)];
        events.Apply(MsgPack.Stored(foreign, null, _tokens, blockSize, medium: "CPU"));
        Assert.Equal(4, events.KeysIn(Tier.Cpu).Length);

        events.GoOnInAnother();
        events.Apply([Removed("CPU", foreign)]);

        Assert.Empty(events.KeysIn(Tier.Cpu));
        Assert.Equal(4, events.KeysIn(Tier.Gpu).Length);
    }

    [Fact]
    public void GoOn_ConnectorWithLargerBlocks_RemovalsAreUnderstood()
    {
        using var events = new AppliedEvents(blockSize: 4);
        var keys = Announce(events);
        events.Apply(MsgPack.Stored([keys[1]], null, _tokens[..8], 8, medium: "CPU"), MsgPack.Stored([keys[3]], keys[1], _tokens[8..], 8, medium: "CPU"));
        Assert.Equal(4, events.KeysIn(Tier.Cpu).Length);

        events.GoOnInAnother();
        events.Apply([Removed("CPU", keys[3])]);

        Assert.Equal([.. keys[..2].Order()], events.KeysIn(Tier.Cpu));
    }

    private static object?[] Removed(string medium, params object[] hashes) => new object?[] { "BlockRemoved", hashes, medium, 0 };

    /// <summary>The GPU's blocks of all tokens, under the pool's hashes.</summary>
    private ulong[] Announce(AppliedEvents events)
    {
        var keys = new Contracts.Index.BlockKey[4];
        events.Target.Scheme.Function.ComputeKeys(_tokens, 4, default, keys);
        events.Apply(MsgPack.Stored([.. keys.Select(key => (object)key.Value)], null, _tokens, 4));
        return [.. keys.Select(key => key.Value)];
    }
}
