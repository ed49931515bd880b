using OrleansKvRouter.Contracts.Index;
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
    [InlineData("sha256")]
    [InlineData("xxhash_cbor")]
    [InlineData("xxhash")]
    [InlineData("sglang")]
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

        Assert.Equal("the engine has --prefix-caching-hash-algo sha256_cbor_64bit, the pool sha256_cbor", verdict.Difference!.Cause);
        Assert.Equal("sha256_cbor", scheme.Function.Name);
    }

    [Theory]
    [InlineData("sha256_cbor")]
    [InlineData("sha256")]
    public void Verify_AutoUnsetSeed_ProvenBesideThePolicysSeed(string algorithm)
    {
        var scheme = TestKeys.Scheme("auto", "42");
        Assert.True(Verify(scheme, algorithm, null).IsExact);
        Assert.Equal((algorithm, SchemeSource.Proven), (scheme.Function.Name, scheme.Source));
        Assert.Equal("the engine has PYTHONHASHSEED \"42\", the pool PYTHONHASHSEED unset", Verify(scheme, algorithm, "42").Difference!.Cause);
    }

    [Theory]
    [InlineData("sha256_cbor", "0", SchemeParts.Seed, "the engine has PYTHONHASHSEED \"0\", the pool PYTHONHASHSEED \"42\"")]
    [InlineData("xxhash", "0", SchemeParts.Seed | SchemeParts.Algorithm, "the engine has --prefix-caching-hash-algo xxhash, the pool sha256_cbor; and PYTHONHASHSEED \"0\", the pool PYTHONHASHSEED \"42\"")]
    [InlineData("sha256_cbor", "987654", SchemeParts.Seed | SchemeParts.Algorithm, "the engine's hash equals none of sha256_cbor, sha256, xxhash_cbor, xxhash, sha256_cbor_64bit, sglang with PYTHONHASHSEED \"42\": PYTHONHASHSEED (up to v0.27 random where it is unset) or --prefix-caching-hash-algo differs")]
    public void Verify_OtherSeed_NamesIt(string algorithm, string? engineSeed, SchemeParts parts, string cause)
    {
        var scheme = TestKeys.Scheme("auto", "42");
        Assert.Equal(new SchemeDifference(parts, cause), Verify(scheme, algorithm, engineSeed).Difference);
        Assert.Equal(SchemeSource.Assumed, scheme.Source);
    }

    [Fact]
    public void Verify_UnsetSeedInNamedScheme_NamesIt() =>
        Assert.Equal(
            "the engine has PYTHONHASHSEED unset, the pool PYTHONHASHSEED \"42\"",
            Verify(TestKeys.Scheme("sha256_cbor", "42"), "sha256_cbor", null).Difference!.Cause);

    [Fact]
    public void Verify_ItemsOfOlderRelease_NamesIt()
    {
        var scheme = TestKeys.Scheme("sha256_cbor", "42");
        var extra = new KeyExtras("a", null) { Items = new MultimodalItem[] { new("img", 4, 20) } };
        var hashes = TestKeys.AsEngine(TestKeys.Compute(scheme.Function, Tokens, 16, extra with { Era = ExtraKeyEra.Bare }));

        var verdict = scheme.Verify(Tokens, 16, extra, hashes);

        Assert.Equal(new SchemeDifference(SchemeParts.ExtraKeys, "the engine has extra keys as vLLM v0.11.1 to v0.18 forms them"), verdict.Difference);
    }

    [Fact]
    public void Verify_AdapterByNumber_NamesTheRelease()
    {
        var scheme = TestKeys.Scheme("sha256_cbor", "42");
        var extra = new KeyExtras("a", null) { LoraNumber = 3 };
        var hashes = TestKeys.AsEngine(TestKeys.Compute(scheme.Function, Tokens, 16, extra with { Era = ExtraKeyEra.Numbered }));
        Assert.Equal("the engine has extra keys as vLLM up to v0.11.0 forms them", scheme.Verify(Tokens, 16, extra, hashes).Difference!.Cause);
    }

    [Fact]
    public void Verify_FinerHashes_NamesTheirSize()
    {
        var scheme = TestKeys.Scheme("sha256", "42");
        var fine = TestKeys.AsEngine(TestKeys.Compute(scheme.Function, Tokens, 16));
        Assert.Equal(
            new SchemeDifference(SchemeParts.HashSize, "the engine has hashes of 16 tokens each under blocks of 48"),
            scheme.Verify(Tokens, 48, default, fine.AsSpan(2)).Difference);
    }

    [Fact]
    public void Verify_OnlyTheEngineKnows_ShowsNothing()
    {
        var scheme = TestKeys.Scheme("sha256", "42");
        var extra = new KeyExtras(null, null) { Items = new MultimodalItem[] { new("img", 1, 2), new("img", 5, 2) } };

        var verdict = scheme.Verify(Tokens, 16, extra, TestKeys.AsEngine([1, 2, 3]));

        Assert.True(verdict is { IsInconclusive: true, IsExact: false });
    }

    [Fact]
    public void GiveUp_WhileAssumed_KeysAreTheRoutersOwnForGood()
    {
        var scheme = TestKeys.Scheme("auto", null);

        Assert.True(scheme.GiveUp());

        Assert.Equal(("own", SchemeSource.Own), (scheme.Function.Name, scheme.Source));
        Assert.Equal("the engine has --prefix-caching-hash-algo sha256_cbor, the pool own; and PYTHONHASHSEED \"42\"", Verify(scheme, "sha256_cbor", "42").Difference!.Cause);
        Assert.Equal(SchemeSource.Own, scheme.Source);
    }

    [Fact]
    public void GiveUp_WithThePolicysSeed_LeavesTheProofToTheNextEngine()
    {
        var scheme = TestKeys.Scheme("auto", "42");
        Assert.False(Verify(scheme, "sha256_cbor", "7").IsExact);

        Assert.False(scheme.GiveUp());

        Assert.True(Verify(scheme, "sha256", "42").IsExact);
        Assert.Equal(("sha256", SchemeSource.Proven), (scheme.Function.Name, scheme.Source));
    }

    [Fact]
    public void GiveUp_AfterProof_ChangesNothing()
    {
        var scheme = TestKeys.Scheme("auto", "42");
        Verify(scheme, "xxhash", "42");
        Assert.False(scheme.GiveUp());
        Assert.Equal(("xxhash", SchemeSource.Proven), (scheme.Function.Name, scheme.Source));
    }

    [Fact]
    public void Verify_LaterBlockDiffers_SaysSo()
    {
        var scheme = TestKeys.Scheme("sha256_cbor", "42");
        var hashes = TestKeys.AsEngine(TestKeys.Compute(scheme.Function, Tokens, 16));
        hashes[2] = new(hashes[2].Value + 1);

        var verdict = scheme.Verify(Tokens, 16, default, hashes);

        Assert.Contains("in the first block and not after it", verdict.Difference!.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_TooFewTokens_Differs() =>
        Assert.Equal(
            "the event has 48 tokens for 4 blocks of 16",
            TestKeys.Scheme("auto", "42").Verify(Tokens, 16, default, new Contracts.Index.EngineBlockHash[4]).Difference!.Cause);

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

        Assert.Equal(0, Allocations.Least(() => scheme.Verify(Tokens, 16, default, hashes)));
    }

    [Theory]
    [InlineData("auto", "42", "sha256_cbor_64bit", "42", SchemeSource.Proven, true)]
    [InlineData("auto", null, "own", null, SchemeSource.Own, true)]
    [InlineData("auto", "42", "own", null, SchemeSource.Own, false)]
    [InlineData("auto", "42", "sha256_cbor_64bit", "43", SchemeSource.Proven, false)]
    [InlineData("sha256_cbor", "42", "sha256_cbor", "42", SchemeSource.Policy, true)]
    [InlineData("sha256_cbor", "42", "sha256_cbor_64bit", "42", SchemeSource.Proven, false)]
    public void TryResume_WhatWasKnownBefore_IfThePolicyAllowsIt(string algorithm, string? seed, string known, string? knownSeed, SchemeSource source, bool resumes)
    {
        var scheme = TestKeys.Scheme(algorithm, seed);
        var before = (scheme.Function.Name, scheme.Source);
        var function = TestKeys.Function(known, knownSeed);

        Assert.Equal(resumes, scheme.CanResume(function.Name, function.Root.Bytes));
        Assert.Equal(resumes, scheme.TryResume(function.Name, function.Root.Bytes, source));
        Assert.Equal(resumes ? (known, source) : before, (scheme.Function.Name, scheme.Source));
    }

    private static SchemeVerdict Verify(PoolKeyScheme scheme, string algorithm, string? seed) =>
        scheme.Verify(Tokens, 16, default, TestKeys.AsEngine(TestKeys.Compute(TestKeys.Function(algorithm, seed), Tokens, 16)));
}
