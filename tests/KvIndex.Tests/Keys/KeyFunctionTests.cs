using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Tests.KvIndex.Keys;

public sealed class KeyFunctionTests
{
    [Fact]
    public void Create_UnknownName_ListsKnown()
    {
        var fault = KeyFunctions.Create("sha512", "0").Fault;
        Assert.Equal("hashAlgorithm sha512 is unknown; known are auto, sha256_cbor, sha256, xxhash_cbor, xxhash, sha256_cbor_64bit, sglang, own", fault?.ToString());
    }

    [Fact]
    public void Create_PythonsHash_UnsupportedWithMend()
    {
        var fault = Assert.IsType<Unsupported>(KeyFunctions.Create("builtin", "0").Fault);
        Assert.Contains("--prefix-caching-hash-algo sha256_cbor", fault.Mend, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sha256_cbor_64bit")]
    [InlineData("xxhash")]
    [InlineData("xxhash_cbor")]
    public void Create_RandomRootWithoutSeed_AsksForSeed(string name) =>
        Assert.Contains("hashSeed must be set", KeyFunctions.Create(name, null).Fault?.Mend, StringComparison.Ordinal);

    [Theory]
    [InlineData("sha256")]
    [InlineData("xxhash")]
    public void ComputeKeys_PickledEqualIdentifiers_EndBeforeThatBlock(string name)
    {
        var function = TestKeys.Function(name, "42");
        var tokens = TestKeys.Tokens(64);
        var keys = new BlockKey[4];
        var extra = new KeyExtras(null, null) { Items = new MultimodalItem[] { new("img", 4, 4), new("img", 20, 2), new("img", 24, 2) } };

        Assert.Equal(1, function.ComputeKeys(tokens, 16, extra, keys));
        Assert.Equal(4, TestKeys.Function("sha256_cbor", "42").ComputeKeys(tokens, 16, extra, keys));
    }

    [Fact]
    public void ComputeKeys_PickleOfSeveralFrames_HasNoKeys()
    {
        var tokens = TestKeys.Tokens(32);
        Assert.Equal(0, TestKeys.Function("sha256", "42").ComputeKeys(tokens, 16, new KeyExtras(null, new string('x', 70_000)), new BlockKey[2]));
    }

    [Fact]
    public void ComputeKeys_SglangWithExtras_HasNoKeys() =>
        Assert.Equal(0, TestKeys.Function("sglang", null).ComputeKeys(TestKeys.Tokens(32), 16, new KeyExtras("a", null), new BlockKey[2]));

    [Fact]
    public void ComputeKeys_NumberedAdapterOfUnknownNumber_HasNoKeys()
    {
        foreach (var name in KeyFunctions.Names)
        {
            var extra = new KeyExtras("a", null) { Era = ExtraKeyEra.Numbered };
            Assert.Equal(0, TestKeys.Function(name, "42").ComputeKeys(TestKeys.Tokens(32), 16, extra, new BlockKey[2]));
        }
    }

    [Fact]
    public void Next_BlockByBlock_SameAsWholeChain()
    {
        var tokens = TestKeys.Tokens(16 * 20);
        foreach (var name in KeyFunctions.Names)
        {
            var function = TestKeys.Function(name, "42");
            var digests = TestKeys.Digests(function, tokens, 16);
            Assert.Equal(TestKeys.Compute(function, tokens, 16), Continue(function, [], function.Root));

            // The state survives being stored as bytes.
            var tail = Continue(function, tokens.AsSpan(0, 160).ToArray(), new ChainState(Convert.FromHexString(digests[9])));
            Assert.Equal(TestKeys.Compute(function, tokens, 16)[10..], tail);
            Assert.Equal(function.ChainBytes * 2, digests[0].Length);
        }

        ulong[] Continue(IKeyFunction function, uint[] before, ChainState chain)
        {
            var keys = new List<ulong>();
            for (var at = before.Length; at < tokens.Length; at += 16) keys.Add(function.Next(ref chain, tokens.AsSpan(at, 16), default)!.Value.Value);
            return [.. keys];
        }
    }

    [Fact]
    public void FromRoot_RootOfSeed_SameKeys()
    {
        var tokens = TestKeys.Tokens(64);
        foreach (var name in KeyFunctions.EngineNames)
        {
            var function = TestKeys.Function(name, "42");
            var same = KeyFunctions.FromRoot(name, function.Root.Bytes).Value!;
            Assert.Equal(TestKeys.Compute(function, tokens, 16), TestKeys.Compute(same, tokens, 16));
        }
    }

    [Fact]
    public void ComputeKeys_ExtraKeys_AllKeysDiffer()
    {
        var function = TestKeys.Function("sha256_cbor", "42");
        var tokens = TestKeys.Tokens(64);
        var keys = new[] { default, new KeyExtras("a", null), new KeyExtras(null, "s"), new KeyExtras("a", "a"), new KeyExtras("a", "b") }
            .SelectMany(extra => TestKeys.Compute(function, tokens, 16, extra)).ToArray();

        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    [Fact]
    public void ComputeKeys_EmptySalt_IsNoSalt()
    {
        var function = TestKeys.Function("sha256_cbor", "42");
        var tokens = TestKeys.Tokens(64);
        Assert.Equal(TestKeys.Compute(function, tokens, 16), TestKeys.Compute(function, tokens, 16, new KeyExtras(null, "")));
    }

    [Fact]
    public void ComputeKeys_TooLittleRoom_Throws()
    {
        var function = TestKeys.Function("sha256_cbor", "42");
        var tokens = TestKeys.Tokens(64);
        Assert.Throws<ArgumentOutOfRangeException>(() => function.ComputeKeys(tokens, 16, default, new BlockKey[3]));
    }
}
