using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.KvEvents.Doubles;
using OrleansKvRouter.Tests.KvEvents.Trials.Fuzz;

namespace OrleansKvRouter.Tests.KvEvents.Applying;

/// <summary>What connectors of an exact engine announce of the tiers beside the GPU: other sizes, other hashes, keys left out.</summary>
public sealed class ConnectorBlocksTests : IDisposable
{
    private static readonly PoolKeyScheme Scheme = PoolKeyScheme.Create("sha256_cbor", "42").Value!;
    private readonly AppliedEvents _events = new(blockSize: 4);
    private readonly uint[] _tokens = Pods.Tokens(16);

    public void Dispose() => _events.Dispose();

    [Fact]
    public void Store_LargerBlocksWithTokens_ConvertedToThePoolsAndTakenBack()
    {
        var keys = Announce(_tokens);

        _events.Apply(MsgPack.Stored([keys[1]], null, _tokens[..8], 8, medium: "CPU"), MsgPack.Stored([keys[3]], keys[1], _tokens[8..], 8, medium: "CPU"));
        Assert.Equal(keys.Order(), _events.KeysIn(Tier.Cpu));

        _events.Apply([RemovedFrom("CPU", keys[1])]);
        Assert.Equal([.. new[] { keys[2], keys[3] }.Order()], _events.KeysIn(Tier.Cpu));
        Assert.Equal(EngineTrust.Exact, _events.Target.Status.Trust);
        Assert.Equal(1, _events.Target.KeysPerBlock);
    }

    [Fact]
    public void Store_LargerBlocksOfASaltedPromptWithoutTheSalt_NeverClaimed()
    {
        Announce(_tokens[..8]);
        var salted = KeysOf(_tokens, new KeyExtras(null, "tenant"));
        _events.Apply(MsgPack.Stored(Objects(salted), null, _tokens, 4, extraKeys: new object?[] { new object[] { "tenant" }, null, null, null }));
        var before = _events.KeysIn(Tier.Cpu);

        _events.Apply(MsgPack.Stored([salted[1]], null, _tokens[..8], 8, medium: "CPU"), MsgPack.Stored([salted[3]], salted[1], _tokens[8..], 8, medium: "CPU"));

        Assert.Equal(before, _events.KeysIn(Tier.Cpu));
        Assert.Equal(1, _events.Observed["ignored:extra_keys"]);
        Assert.Contains(_events.Logged.Lines, line => line.Contains("in its tier Cpu are not used: their hashes contain keys that the connector does not tell", StringComparison.Ordinal));
    }

    [Fact]
    public void Store_PoolsSizeOfASaltedPromptWithoutTheSalt_HeldUnderItsOwnHash()
    {
        Announce(_tokens[..8]);
        var salted = KeysOf(_tokens, new KeyExtras(null, "tenant"));
        _events.Apply(MsgPack.Stored(Objects(salted), null, _tokens, 4, extraKeys: new object?[] { new object[] { "tenant" }, null, null, null }));

        _events.Apply(MsgPack.Stored(Objects(salted), null, _tokens, 4, medium: "CPU"));

        Assert.Equal(salted.Order(), _events.KeysIn(Tier.Cpu));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public void Store_HashesOfTheConnectorsOwn_MappedByTheirTokens(int blockSize)
    {
        var keys = Announce(_tokens);
        object[] foreign = [.. Enumerable.Range(1, 16 / blockSize).Select(hash => (object)hash)];

        _events.Apply(MsgPack.Stored(foreign, null, _tokens, blockSize, medium: "cpu"));
        Assert.Equal(keys.Order(), _events.KeysIn(Tier.Cpu));

        _events.Apply([RemovedFrom("cpu", foreign[0])]);
        Assert.Equal(keys[(blockSize / 4)..].Order(), _events.KeysIn(Tier.Cpu));
        Assert.Equal(EngineTrust.Exact, _events.Target.Status.Trust);
    }

    [Fact]
    public void Store_LargerBlocksByHashAlone_CountedAndNamed()
    {
        var keys = Announce(_tokens);

        _events.Apply(MsgPack.Stored([keys[1]], null, [], 8, medium: "CPU"));

        Assert.Empty(_events.KeysIn(Tier.Cpu));
        Assert.Equal(1, _events.Observed["ignored:block_size"]);
        Assert.Contains(_events.Logged.Lines, line => line.Contains("1 blocks of 8 tokens", StringComparison.Ordinal));
    }

    [Fact]
    public void Store_SizeThatIsNoMultiple_Counted()
    {
        var keys = Announce(_tokens);

        _events.Apply(MsgPack.Stored([keys[1]], null, _tokens[..6], 6, medium: "CPU"));

        Assert.Empty(_events.KeysIn(Tier.Cpu));
        Assert.Equal(1, _events.Observed["ignored:block_size"]);
        Assert.Equal(EngineTrust.Exact, _events.Target.Status.Trust);
    }

    [Fact]
    public void Store_LargerBlocksInTheMiddleBeforeAnyRoot_CountedAndNotClaimed()
    {
        var keys = Announce(_tokens);

        _events.Apply(MsgPack.Stored([keys[3]], keys[1], _tokens[8..], 8, medium: "CPU"));

        Assert.Empty(_events.KeysIn(Tier.Cpu));
        Assert.Equal(1, _events.Observed["ignored:chain"]);
    }

    [Fact]
    public void ClearGpu_ConvertedBlocksStay()
    {
        var keys = Announce(_tokens);
        _events.Apply(MsgPack.Stored([keys[1], keys[3]], null, _tokens, 8, medium: "CPU"));

        _events.Apply(MsgPack.Cleared);

        Assert.Empty(_events.KeysIn(Tier.Gpu));
        Assert.Equal(keys.Order(), _events.KeysIn(Tier.Cpu));
    }

    [Fact]
    public void Distrust_ConvertedBlocks_ForgottenWithTheirNames()
    {
        var keys = Announce(_tokens);
        _events.Apply(MsgPack.Stored([keys[1], keys[3]], null, _tokens, 8, medium: "CPU"));
        _events.Target.Distrust("because", DateTimeOffset.UnixEpoch);

        _events.Apply(MsgPack.Stored([keys[1]], null, _tokens[..8], 8, medium: "CPU"), RemovedFrom("CPU", keys[1]));

        Assert.Empty(_events.KeysIn(Tier.Cpu));
    }

    [Fact]
    public void Store_MappedEngineAndNoSaltFromTheConnector_HeldUnderTheKeysThatTheGpuHadThem()
    {
        object[] hashes = [1, 2, 3, 4];
        _events.Apply(MsgPack.Stored(hashes, null, _tokens, 4, extraKeys: new object?[] { new object[] { "tenant" }, null, null, null }));

        _events.Apply(MsgPack.Stored(hashes, null, _tokens, 4, medium: "CPU"));

        Assert.Equal(TrustState.Mapped, _events.Target.Status.Trust.State);
        Assert.Equal(KeysOf(_tokens, new KeyExtras(null, "tenant")).Order(), _events.KeysIn(Tier.Cpu));
    }

    /// <summary>The engine computes a prompt, which shows that its hashes are the pool's keys.</summary>
    private ulong[] Announce(uint[] tokens)
    {
        var keys = KeysOf(tokens);
        _events.Apply(MsgPack.Stored(Objects(keys), null, tokens, 4));
        Assert.Equal(EngineTrust.Exact, _events.Target.Status.Trust);
        return keys;
    }

    private static ulong[] KeysOf(uint[] tokens, KeyExtras extras = default)
    {
        var keys = new BlockKey[tokens.Length / 4];
        Scheme.Function.ComputeKeys(tokens, 4, extras, keys);
        return Array.ConvertAll(keys, key => key.Value);
    }

    private static object[] Objects(ulong[] keys) => [.. keys.Select(key => (object)key)];

    private static object?[] RemovedFrom(string medium, params object[] hashes) => new object?[] { "BlockRemoved", hashes, medium, 0 };
}
