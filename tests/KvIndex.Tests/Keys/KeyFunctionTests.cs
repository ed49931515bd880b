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
        Assert.Equal("hashAlgorithm sha512 is unknown; known are auto, sha256_cbor, sha256_cbor_64bit", fault?.ToString());
    }

    [Theory]
    [InlineData("sha256")]
    [InlineData("xxhash")]
    [InlineData("xxhash_cbor")]
    [InlineData("builtin")]
    public void Create_OtherNamesOfVllm_Unsupported(string name) => Assert.IsType<Unsupported>(KeyFunctions.Create(name, "0").Fault);

    [Fact]
    public void Create_ShortFormWithoutSeed_AsksForSeed() =>
        Assert.Contains("hashSeed must be set", KeyFunctions.Create("sha256_cbor_64bit", null).Fault?.Mend, StringComparison.Ordinal);

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

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(64)]
    [InlineData(4096)]
    public void ComputeKeys_AnyBlockSize_AllocatesNothing(int blockSize)
    {
        var tokens = TestKeys.Tokens(10_000);
        var keys = new BlockKey[tokens.Length];
        var extra = new KeyExtras("ü-lora", "salt");
        foreach (var name in KeyFunctions.Names)
        {
            var function = TestKeys.Function(name, "42");
            function.ComputeKeys(tokens, blockSize, extra, keys);

            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 10; i++) function.ComputeKeys(tokens, blockSize, extra, keys);

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }
}
