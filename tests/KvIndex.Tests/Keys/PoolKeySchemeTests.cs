using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Tests.KvIndex.Keys;

public sealed class PoolKeySchemeTests
{
    private static readonly uint[] Tokens = TestKeys.Tokens(48);

    [Fact]
    public void Create_NamedAlgorithm_SourceIsPolicy()
    {
        var scheme = TestKeys.Scheme("sha256_cbor_64bit", "0");
        Assert.Equal(("sha256_cbor_64bit", SchemeSource.Policy), (scheme.Function.Name, scheme.Source));
    }

    [Fact]
    public void Create_UnknownAlgorithm_Fault() => Assert.NotNull(PoolKeyScheme.Create("md5", null).Fault);

    [Fact]
    public void Create_Auto_AssumesFullForm()
    {
        var scheme = TestKeys.Scheme("auto", null);
        Assert.Equal(("sha256_cbor", SchemeSource.Assumed), (scheme.Function.Name, scheme.Source));
    }

    [Theory]
    [InlineData("sha256_cbor")]
    [InlineData("sha256_cbor_64bit")]
    public void Verify_AutoFirstProof_FixesScheme(string algorithm)
    {
        var scheme = TestKeys.Scheme("auto", "42");
        Assert.True(Verify(scheme, algorithm, "42").IsExact);
        Assert.Equal((algorithm, SchemeSource.Proven), (scheme.Function.Name, scheme.Source));
    }

    [Fact]
    public void Verify_AfterProof_OtherAlgorithmDiffersAndChangesNothing()
    {
        var scheme = TestKeys.Scheme("auto", "42");
        Verify(scheme, "sha256_cbor", "42");

        var verdict = Verify(scheme, "sha256_cbor_64bit", "42");

        Assert.Equal("the engine has --prefix-caching-hash-algo sha256_cbor_64bit, the pool sha256_cbor", verdict.Cause);
        Assert.Equal("sha256_cbor", scheme.Function.Name);
    }

    [Theory]
    [InlineData("0", "the engine has PYTHONHASHSEED \"0\", the pool PYTHONHASHSEED \"42\"")]
    [InlineData(null, "the engine has PYTHONHASHSEED unset, the pool PYTHONHASHSEED \"42\"")]
    [InlineData("987654", "the engine's hash equals none of sha256_cbor, sha256_cbor_64bit with PYTHONHASHSEED \"42\": PYTHONHASHSEED or --prefix-caching-hash-algo differs")]
    public void Verify_OtherSeed_NamesIt(string? engineSeed, string cause)
    {
        var scheme = TestKeys.Scheme("auto", "42");
        Assert.Equal(cause, Verify(scheme, "sha256_cbor", engineSeed).Cause);
        Assert.Equal(SchemeSource.Assumed, scheme.Source);
    }

    [Fact]
    public void Verify_LaterBlockDiffers_SaysSo()
    {
        var scheme = TestKeys.Scheme("sha256_cbor", "42");
        var hashes = TestKeys.AsEngine(TestKeys.Compute(scheme.Function, Tokens, 16));
        hashes[2] = new(hashes[2].Value + 1);

        var verdict = scheme.Verify(Tokens, 16, default, hashes);

        Assert.Contains("in the first block and not after it", verdict.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_TooFewTokens_Differs() =>
        Assert.Equal(
            "the event has 48 tokens for 4 blocks of 16",
            TestKeys.Scheme("auto", "42").Verify(Tokens, 16, default, new Contracts.Index.EngineBlockHash[4]).Cause);

    [Fact]
    public void Verify_NoHashes_ProvesNothing()
    {
        var scheme = TestKeys.Scheme("auto", "42");
        Assert.True(scheme.Verify([], 16, default, []).IsExact);
        Assert.Equal(SchemeSource.Assumed, scheme.Source);
    }

    [Fact]
    public void Verify_TwoAlgorithmsRace_OneWins()
    {
        var full = TestKeys.AsEngine(TestKeys.Compute(TestKeys.Function("sha256_cbor", "42"), Tokens, 16));
        var brief = TestKeys.AsEngine(TestKeys.Compute(TestKeys.Function("sha256_cbor_64bit", "42"), Tokens, 16));
        for (var round = 0; round < 500; round++)
        {
            var scheme = TestKeys.Scheme("auto", "42");
            var exact = 0;
            Parallel.Invoke(
                () => { if (scheme.Verify(Tokens, 16, default, full).IsExact) Interlocked.Increment(ref exact); },
                () => { if (scheme.Verify(Tokens, 16, default, brief).IsExact) Interlocked.Increment(ref exact); });
            Assert.Equal((1, SchemeSource.Proven), (exact, scheme.Source));
        }
    }

    [Fact]
    public void Verify_Exact_AllocatesNothing()
    {
        var scheme = TestKeys.Scheme("auto", "42");
        var hashes = TestKeys.AsEngine(TestKeys.Compute(scheme.Function, Tokens, 16));
        scheme.Verify(Tokens, 16, default, hashes);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++) scheme.Verify(Tokens, 16, default, hashes);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static SchemeVerdict Verify(PoolKeyScheme scheme, string algorithm, string? seed) =>
        scheme.Verify(Tokens, 16, default, TestKeys.AsEngine(TestKeys.Compute(TestKeys.Function(algorithm, seed), Tokens, 16)));
}
