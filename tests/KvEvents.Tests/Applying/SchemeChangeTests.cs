using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.KvEvents.Doubles;
using OrleansKvRouter.Tests.KvEvents.Trials.Fuzz;

namespace OrleansKvRouter.Tests.KvEvents.Applying;

/// <summary>What an engine's events make of the pool's keys and of the engine's own: proven, given up, mapped, exact after all.</summary>
public sealed class SchemeChangeTests
{
    private static readonly IKeyFunction Cbor = PoolKeyScheme.Create("sha256_cbor", "42").Value!.Function;
    private static readonly MultimodalItem[] Images = [new("uuid-1", 5, 4), new("uuid-2", 10, 3)];

    private readonly uint[] _tokens = Pods.Tokens(16);

    [Fact]
    public void Auto_FirstRootEqualsACandidate_ItsHashesAreTheKeys()
    {
        using var events = new AppliedEvents(4, PoolKeyScheme.Create("auto", null).Value!);
        var none = PoolKeyScheme.Create("sha256", null).Value!.Function;

        events.Apply(MsgPack.Stored(Hashes(none, default), null, _tokens, 4));

        Assert.Equal(("sha256", SchemeSource.Proven), (events.Target.Scheme.Function.Name, events.Target.Scheme.Source));
        Assert.Equal(EngineTrust.Exact, events.Target.Status.Trust);
        Assert.Equal(KeysOf(none, _tokens).Order(), events.KeysIn(Tier.Gpu));
    }

    [Fact]
    public void Auto_FirstRootEqualsNothing_KeysAreTheRoutersOwnAndRemovalsFindThem()
    {
        using var events = new AppliedEvents(4, PoolKeyScheme.Create("auto", null).Value!);

        // Before the first root nothing is known, and what is stored as keys must not outlive the decision.
        events.Apply(MsgPack.Stored([77], 76, _tokens[..4], 4));
        events.Apply(MsgPack.Stored([1, 2, 3, 4], null, _tokens, 4));

        var own = KeysOf(OwnKeys.Instance, _tokens);
        Assert.Equal(SchemeSource.Own, events.Target.Scheme.Source);
        Assert.Equal(TrustState.Mapped, events.Target.Status.Trust.State);
        Assert.Equal(own.Order(), events.KeysIn(Tier.Gpu));

        events.Apply([MsgPack.Removed(2, 4)]);
        Assert.Equal([.. new[] { own[0], own[2] }.Order()], events.KeysIn(Tier.Gpu));
    }

    [Fact]
    public void Promote_EngineTakenToDifferForASaltItDidNotTellOf_HeldUnderItsHashesWithItsCopies()
    {
        using var events = new AppliedEvents(4);
        var salted = Hashes(Cbor, new KeyExtras(null, "tenant"));
        events.Apply(MsgPack.Stored(salted, null, _tokens, 4));
        Assert.Equal(TrustState.Mapped, events.Target.Status.Trust.State);
        events.Apply(MsgPack.Stored(salted[..1], null, _tokens[..4], 4));

        for (var i = 0; i < 8; i++) events.Apply(MsgPack.Stored([KeysOf(Cbor, Other(i))[0]], null, Other(i), 4));

        Assert.Equal(EngineTrust.Exact, events.Target.Status.Trust);
        ulong[] expected = [.. KeysOf(Cbor, _tokens, new KeyExtras(null, "tenant")), .. Enumerable.Range(0, 8).Select(i => KeysOf(Cbor, Other(i))[0])];
        Assert.Equal(expected.Order(), events.KeysIn(Tier.Gpu));
        events.Apply([MsgPack.Removed(salted[0])]);
        Assert.Equal(expected.Order(), events.KeysIn(Tier.Gpu));
        events.Apply([MsgPack.Removed(salted[0])]);
        Assert.Equal(expected[1..].Order(), events.KeysIn(Tier.Gpu));

        static uint[] Other(int i) => Pods.Tokens(4, first: 1_000 * (uint)(i + 1));
    }

    [Fact]
    public void Distrust_MappedEngine_ItsNamesAreForgottenWithItsBlocks()
    {
        using var events = new AppliedEvents(4);
        events.Apply(MsgPack.Stored([1, 2], null, _tokens[..8], 4));
        events.Target.Distrust("because", DateTimeOffset.UnixEpoch);

        // A child of a parent from before is not placed; the same hashes mean what is announced from now on.
        events.Apply(MsgPack.Stored([3], 2, _tokens[8..12], 4), MsgPack.Removed(1));
        Assert.Empty(events.KeysIn(Tier.Gpu));

        var other = Pods.Tokens(8, first: 9_000);
        events.Apply(MsgPack.Stored([1, 2], null, other, 4));
        Assert.Equal([.. KeysOf(Cbor, other).Concat([KeysOf(Cbor, [.. other, .. _tokens[8..12]])[2]]).Order()], events.KeysIn(Tier.Gpu));
    }

    [Theory]
    [InlineData(ExtraKeyEra.Paired, true)]
    [InlineData(ExtraKeyEra.Paired, false)]
    [InlineData(ExtraKeyEra.Bare, true)]
    [InlineData(ExtraKeyEra.Bare, false)]
    public void ExtraKeys_ImagesSaltAndAdapter_LandOnTheKeysOfTheSameRequest(ExtraKeyEra era, bool exact)
    {
        using var events = new AppliedEvents(4);
        var extras = new KeyExtras("adapter", "tenant") { Items = Images, Era = era };
        var engine = exact ? Cbor : PoolKeyScheme.Create("sha256_cbor", "another").Value!.Function;
        events.Apply([OfV017(MsgPack.Stored([KeysOf(engine, Pods.Tokens(4, 7_000))[0]], null, Pods.Tokens(4, 7_000), 4))]);
        Assert.Null(events.Target.Status.ExtraKeys);

        events.Apply([OfV017(MsgPack.Stored(Hashes(engine, extras), null, _tokens, 4, lora: "adapter", extraKeys: ListOf(era)))]);

        Assert.Equal(exact ? TrustState.Exact : TrustState.Mapped, events.Target.Status.Trust.State);
        Assert.Equal(era, events.Target.Status.ExtraKeys);
        Assert.Equal(KeysOf(Cbor, Pods.Tokens(4, 7_000)).Concat(KeysOf(Cbor, _tokens, extras)).Order(), events.KeysIn(Tier.Gpu));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ExtraKeys_PromptEmbeddings_LandOnTheKeysOfTheSameRequest(bool exact)
    {
        using var events = new AppliedEvents(4);
        byte[] digests = [.. Enumerable.Range(0, 4 * 32).Select(i => (byte)i)];
        var extras = new KeyExtras(null, null) { EmbeddingDigests = digests };
        var engine = exact ? Cbor : PoolKeyScheme.Create("sha256_cbor", "another").Value!.Function;
        events.Apply(MsgPack.Stored([KeysOf(engine, Pods.Tokens(4, 7_000))[0]], null, Pods.Tokens(4, 7_000), 4));

        var list = Enumerable.Range(0, 4).Select(block => (object?)new object?[] { digests[(block * 32)..((block + 1) * 32)] }).ToArray();
        events.Apply(MsgPack.Stored(Hashes(engine, extras), null, _tokens, 4, extraKeys: list));

        Assert.Equal(KeysOf(Cbor, Pods.Tokens(4, 7_000)).Concat(KeysOf(Cbor, _tokens, extras)).Order(), events.KeysIn(Tier.Gpu));
    }

    [Theory]
    [InlineData(8, 2)]
    [InlineData(16, 4)]
    public void BlockSize_MultipleOfThePools_ConvertedAndRemovedWhole(int blockSize, int keysPerBlock)
    {
        using var events = new AppliedEvents(4);
        object[] hashes = [.. Enumerable.Range(1, 16 / blockSize).Select(hash => (object)hash)];

        events.Apply(MsgPack.Stored(hashes, null, _tokens, blockSize));
        Assert.Equal(KeysOf(Cbor, _tokens).Order(), events.KeysIn(Tier.Gpu));
        Assert.Equal(keysPerBlock, events.Target.KeysPerBlock);
        Assert.Contains($"the engine's blocks have {blockSize} tokens, the pool's 4", events.Target.Status.Trust.Cause, StringComparison.Ordinal);

        events.Apply([MsgPack.Removed(hashes)]);
        Assert.Empty(events.KeysIn(Tier.Gpu));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(12)]
    public void BlockSize_NoMultipleOfThePools_RefusedAndNamed(int blockSize)
    {
        using var events = new AppliedEvents(8);
        var tokens = Pods.Tokens(blockSize * 2);

        events.Apply(MsgPack.Stored([1, 2], null, tokens, blockSize));

        Assert.Empty(events.KeysIn(Tier.Gpu));
        Assert.Equal(TrustState.Unverified, events.Target.Status.Trust.State);
        Assert.Contains($"the engine's blocks have {blockSize} tokens, the pool's 8", events.Target.Status.Trust.Cause, StringComparison.Ordinal);
        Assert.Equal(1, events.Observed["ignored:block_size"]);
    }

    /// <summary>In the form of v0.17 to v0.19, which itself does not tell the era.</summary>
    private static object?[] OfV017(object stored) => ((object?[])stored)[..9];

    /// <summary>What vLLM writes for <see cref="Images"/> (tokens 5 to 8 and 10 to 12), the adapter and the salt, block by block.</summary>
    private static object?[] ListOf(ExtraKeyEra era)
    {
        object Image(string name, int offset) => era == ExtraKeyEra.Paired ? new object[] { name, offset } : name;
        return
        [
            new object[] { "adapter", "tenant" },
            new object[] { "adapter", Image("uuid-1", 1) },
            new object[] { "adapter", Image("uuid-1", -3), Image("uuid-2", 2) },
            new object[] { "adapter", Image("uuid-2", -2) },
        ];
    }

    private object[] Hashes(IKeyFunction function, KeyExtras extras) => [.. KeysOf(function, _tokens, extras).Select(key => (object)key)];

    private static ulong[] KeysOf(IKeyFunction function, uint[] tokens, KeyExtras extras = default)
    {
        var keys = new BlockKey[tokens.Length / 4];
        Assert.Equal(keys.Length, function.ComputeKeys(tokens, 4, extras, keys));
        return Array.ConvertAll(keys, key => key.Value);
    }
}
