using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Zmq;
using OrleansKvRouter.Tests.KvEvents.Doubles;

namespace OrleansKvRouter.Tests.KvEvents.Feeds;

public sealed class FeedApplierTests : IDisposable
{
    private readonly CountingIndex _index = new();
    private readonly Pods _pods;
    private readonly FeedTarget _target;
    private readonly KvEventInstruments _instruments = new();
    private readonly Observed _observed;
    private readonly ManualTime _time = new();
    private readonly Logged _logged = new();
    private readonly ZmqMessagePool _messages = new(capacity: 1);
    private readonly FeedApplier _applier;
    private readonly DecodingScratch _scratch = new();
    private long _sequence;
    private double _published = 1_757_000_000;

    public FeedApplierTests()
    {
        _pods = new Pods(_index, blockSize: 4);
        _target = _pods.Add("10.0.0.1");
        _observed = new Observed(_instruments);
        _applier = new FeedApplier(_target, 0, new FeedServices(_pods, new EventSubscriberOptions(), _instruments, _logged, _time, _messages));
    }

    public void Dispose()
    {
        _observed.Dispose();
        _instruments.Dispose();
        _messages.Dispose();
    }

    [Fact]
    public void TryApply_StoredTwiceRemovedOnce_OneCopyStays()
    {
        Apply(MsgPack.Stored([1, 2], null, null, 4));
        Apply(MsgPack.Stored([2], 1, null, 4), MsgPack.Removed(2), MsgPack.Removed(1));

        Assert.Equal([2ul], _index.KeysOf(_target.Holder));
        Assert.Equal(1, _index.CopiesOf(_target.Holder, 2));
        Assert.Equal(3, _observed["blocks_stored:pool"]);
        Assert.Equal(2, _observed["blocks_removed:pool"]);
        Assert.Equal(1, _target.Status.Cursor);
        Assert.Equal(2, _target.Status.Batches);
    }

    [Theory]
    [InlineData("gpu", Tier.Gpu)]
    [InlineData("CPU", Tier.Cpu)]
    [InlineData("cpu", Tier.Cpu)]
    [InlineData("CPU_PINNED", Tier.Cpu)]
    [InlineData("Cpu_Tier1", Tier.Cpu)]
    [InlineData("CPU_TIER2", Tier.Disk)]
    [InlineData("STORAGE", Tier.Disk)]
    [InlineData("fs", Tier.Disk)]
    [InlineData("OBJ", Tier.Disk)]
    [InlineData("EXTERNAL", Tier.Disk)]
    public void TryApply_Medium_HeldInItsTierAlone(string medium, Tier tier)
    {
        Apply(MsgPack.Stored([1], null, null, 4, medium: medium));

        for (var other = Tier.Gpu; other <= Tier.Disk; other++)
        {
            Assert.Equal(other == tier ? 1 : 0, _target.HolderOf(other) is { } holder ? _index.BlocksHeld(holder) : 0);
        }

        Assert.Equal(0, _observed["ignored:medium"]);
    }

    [Fact]
    public void TryApply_UnknownMedium_HeldNowhere()
    {
        Apply(MsgPack.Stored([1], null, null, 4, medium: "cuda"));

        Assert.Equal(0, _index.BlocksHeld(_target.Holder));
        Assert.Equal(1, _observed["ignored:medium"]);
    }

    [Fact]
    public void TryApply_AllBlocksCleared_OtherTiersStay()
    {
        Apply(MsgPack.Stored([1], null, null, 4), MsgPack.Stored([1], null, null, 4, medium: "CPU"));
        Apply(MsgPack.Cleared);

        Assert.Equal(0, _index.BlocksHeld(_target.Holder));
        Assert.Equal(1, _index.BlocksHeld(_target.HolderOf(Tier.Cpu)!.Value));
    }

    [Fact]
    public void TryApply_RemovalFromAnotherMedium_GpuBlockStays()
    {
        Apply(MsgPack.Stored([1], null, null, 4), new object?[] { "BlockRemoved", new object?[] { 1 }, "CPU", 0 });

        Assert.Equal([1ul], _index.KeysOf(_target.Holder));
    }

    [Theory]
    [InlineData("full_attention", 1)]
    [InlineData("mla_attention", 1)]
    [InlineData("sink_full_attention", 1)]
    [InlineData("sliding_window", 0)]
    [InlineData("mamba", 0)]
    [InlineData("unknown", 0)]
    [InlineData("a_kind_of_2030", 0)]
    public void TryApply_KindOfGroup_OnlyFullAttentionCounts(string kind, int blocks)
    {
        Apply(MsgPack.Stored([1], null, null, 4, kind: kind));

        Assert.Equal(blocks, _index.BlocksHeld(_target.Holder));
    }

    [Fact]
    public void TryApply_HybridModel_OnlyTheFirstFullGroupCounts()
    {
        Apply(
            MsgPack.Stored([7], null, null, 4, group: 0, kind: "sliding_window"),
            MsgPack.Stored([1], null, null, 4, group: 1),
            MsgPack.Stored([1, 2], null, null, 4, group: 2),
            new object?[] { "BlockRemoved", new object?[] { 1 }, "GPU", 0 });

        Assert.Equal([1ul], _index.KeysOf(_target.Holder));
        Assert.Equal(3, _observed["ignored:group"]);
    }

    [Fact]
    public void TryApply_HashesWithoutAllTokens_BlocksCountAndNothingIsVerified()
    {
        Apply(MsgPack.Stored([1, 2], null, null, 4), MsgPack.Stored([3], 2, null, 4), MsgPack.Stored([], null, null, 4));

        Assert.Equal([1ul, 2, 3], _index.KeysOf(_target.Holder));
        Assert.Equal("no first block of a prompt has been seen yet", _target.Status.Trust.Cause);
    }

    [Fact]
    public void TryApply_PlaceholderOfOffloadingConnector_ItsHashIsAKeyInItsTier()
    {
        Apply(MsgPack.Stored([1], null, [], 0, medium: "CPU"));

        Assert.Equal([1ul], _index.KeysOf(_target.HolderOf(Tier.Cpu)!.Value));
        Assert.Equal(0, _index.BlocksHeld(_target.Holder));
    }

    [Fact]
    public void TryApply_OtherBlockSizeThanThePool_UnverifiedWithBothNumbersLoggedOnceAMinute()
    {
        for (var i = 0; i < 3; i++) Apply(MsgPack.Stored([1], null, Pods.Tokens(66), 66));
        Assert.Equal(
            new EngineTrust(TrustState.Unverified, "the engine's blocks have 66 tokens, the pool's 4, of which they are no multiple") { Differs = SchemeParts.BlockSize },
            _target.Status.Trust);
        Assert.Equal(0, _index.BlocksHeld(_target.Holder));
        Assert.Equal(3, _observed["ignored:block_size"]);
        Assert.Single(BlockSizeWarnings());

        _time.Pass(TimeSpan.FromMinutes(1));
        Apply(MsgPack.Stored([1], null, Pods.Tokens(66), 66));

        Assert.Equal(2, BlockSizeWarnings().Length);
        Assert.Contains("default/pod-10.0.0.1-0", BlockSizeWarnings()[0], StringComparison.Ordinal);
    }

    [Fact]
    public void TryApply_HashesOfTheScheme_Exact()
    {
        var tokens = Pods.Tokens(12);

        Apply(Root(_pods.KeysOf(tokens), tokens));

        Assert.Equal(EngineTrust.Exact, _target.Status.Trust);
    }

    [Fact]
    public void TryApply_HashesOfTheSchemeWithAdapterAndSalt_Exact()
    {
        var tokens = Pods.Tokens(8);
        object?[] extraKeys = [new object?[] { "sql", "tenant-1" }, new object?[] { "sql" }];

        Apply(MsgPack.Stored([.. _pods.KeysOf(tokens, "sql", "tenant-1").Select(key => (object)key)], null, tokens, 4, lora: "sql", extraKeys: extraKeys));

        Assert.Equal(EngineTrust.Exact, _target.Status.Trust);
    }

    [Fact]
    public void TryApply_HashesOfAnotherSeed_MappedToTheKeysOfTheirTokens()
    {
        Apply(MsgPack.Stored([9], 8, null, 4));
        Apply(Root([5], Pods.Tokens(4)));

        Assert.Equal(TrustState.Mapped, _target.Status.Trust.State);
        Assert.Equal(_pods.KeysOf(Pods.Tokens(4)), _index.KeysOf(_target.Holder));
        Apply(MsgPack.Removed(5));
        Assert.Empty(_index.KeysOf(_target.Holder));
    }

    [Fact]
    public void TryApply_KeysThatCannotBeComputed_NothingIsConcluded()
    {
        object?[] image = [new object?[] { new object?[] { "img-1", 0 } }];

        Apply(MsgPack.Stored([5], null, Pods.Tokens(4), 4, extraKeys: image));

        Assert.Equal("no first block of a prompt has been seen yet", _target.Status.Trust.Cause);
    }

    [Fact]
    public void TryApply_ExactEngineThatStartsToDiffer_IsFoundOut()
    {
        var tokens = Pods.Tokens(4);
        Apply(Root(_pods.KeysOf(tokens), tokens));

        for (var i = 0; i < 64; i++) Apply(Root([5], tokens));

        Assert.Equal(TrustState.Mapped, _target.Status.Trust.State);
    }

    [Fact]
    public void Restart_OtherGroupAfterwards_BlocksAndGroupAreForgotten()
    {
        Apply(MsgPack.Stored([1], null, null, 4, group: 0));
        _applier.Restart();
        Assert.StartsWith("the engine was restarted", _target.Status.Trust.Cause, StringComparison.Ordinal);
        _sequence = 0;

        Apply(MsgPack.Stored([3], null, null, 4, group: 1));

        Assert.Equal([3ul], _index.KeysOf(_target.Holder));
        Assert.Equal(0, _target.Status.Cursor);
    }

    [Fact]
    public void Delivery_OutranksTheVerdictUntilItIsTakenBack()
    {
        var tokens = Pods.Tokens(4);
        var stale = new EngineTrust(TrustState.Stale, "because", _time.GetUtcNow());
        Apply(Root(_pods.KeysOf(tokens), tokens));
        _applier.Delivery = stale;
        Assert.Equal(stale, _target.Status.Trust);

        Apply(Root(_pods.KeysOf(tokens), tokens));
        Assert.Equal(stale, _target.Status.Trust);
        _applier.Delivery = null;

        Assert.Equal(EngineTrust.Exact, _target.Status.Trust);
    }

    [Fact]
    public void TryApply_RetiredTarget_NothingIsWritten()
    {
        _target.Retire();

        Assert.True(_scratch.TryDecode(MsgPack.Batch(MsgPack.Stored([1], null, null, 4)), out _));
        Assert.False(_applier.TryApply(0, _scratch.Batch, []));
        Assert.Equal(0, _index.BlocksHeld(_target.Holder));
    }

    [Fact]
    public void TryApply_UnknownTags_Counted()
    {
        Apply(new object?[] { "BlockInactive", 1 }, MsgPack.Cleared);

        Assert.Equal(1, _observed["ignored:tag"]);
    }

    [Fact]
    public void TryDecodeAndTryApply_AfterWarmUp_AllocateNothing()
    {
        // What listens to the counters in these tests allocates.
        _observed.Dispose();
        var tokens = Pods.Tokens(64 * 4);
        var keys = _pods.KeysOf(tokens);
        var payload = MsgPack.Batch(Root(keys, tokens));
        var removal = MsgPack.Batch(MsgPack.Removed([.. keys.Select(key => (object)key)]));

        Assert.Equal(0, Allocations.Least(Rounds));

        void Rounds()
        {
            for (var i = 0; i < 200; i++)
            {
                ApplyPayload(_sequence++, payload);
                ApplyPayload(_sequence++, removal);
            }
        }
    }

    /// <summary>Applies a batch with the next number, later than all before it.</summary>
    private void Apply(params object?[] events)
    {
        _published += 0.5;
        ApplyPayload(_sequence++, MsgPack.BatchAt(_published, 0, events));
    }

    private void ApplyPayload(long sequence, byte[] payload)
    {
        if (!_scratch.TryDecode(payload, out var error)) Assert.Fail(error.ToString());
        if (!_applier.TryApply(sequence, _scratch.Batch, payload)) Assert.Fail("the target is retired");
    }

    private static object Root(ulong[] hashes, uint[] tokens) => MsgPack.Stored(
        [.. hashes.Select(hash => (object)hash)], null, tokens, 4, extraKeys: hashes.Select(_ => (object?)null).ToArray());

    private string[] BlockSizeWarnings() => [.. _logged.Lines.Where(line => line.Contains("announces blocks of 66 tokens", StringComparison.Ordinal))];
}
