using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Tests.EndToEnd.Fixtures;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EndToEnd;

/// <summary>
/// Four engines of one pool, of which three hash otherwise than the first: routing stays right, and whoever asks is told which
/// engine is odd, why, and which flag to change. Engines, tokens and truth are the Python publisher's and Hugging Face's.
/// </summary>
public sealed class MixedFleetTests
{
    private static readonly string[] Ips = ["127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14"];

    private static readonly string[] Engines =
    [
        Ips[0],
        $"{Ips[1]},seed=0,schema=v0.22.0",
        $"{Ips[2]},algo=sha256,schema=v0.17.0",
        $"{Ips[3]},none=random,schema=v0.26.0",
    ];

    /// <summary>The engines' HTTP port, where nobody is.</summary>
    private readonly int _port = Ports.Take();

    [Fact]
    public async Task Pick_ThreeOfFourEnginesHashOtherwise_AlwaysTheLongestPrefixAndEachOddOneIsNamed()
    {
        await using var fixture = await RouterFixture.StartAsync(new FleetResources { Ips = Ips, Port = _port });
        await using var fleet = await FleetPeer.StartAsync(fixture.Router, Engines, _port, "sha256_cbor", "v0.29.0");
        var turns = new ConversationPlan(seed: 11).Conversations(70);
        await using var oracle = new HuggingFace(Path.Combine(Repository.Qwen3, "tokenizer.json"));
        var tokens = await oracle.EncodeAsync(turns.Select(turn => turn.Text));
        await ShareOutAsync(fixture, fleet, tokens);

        var picks = new Dictionary<string, int>();
        for (var i = 0; i < turns.Count; i++)
        {
            var placed = await fleet.PlaceAsync(turns[i].Path, turns[i].Body, tokens[i]);
            var picked = placed["picked"]!.GetValue<string>();
            Assert.True(placed["longest"]!.GetValue<bool>(), $"request {i} of {turns.Count} ({tokens[i].Length} tokens): {placed.ToJsonString()}");
            if (placed["usable"]![picked]!.GetValue<int>() > 0) picks[picked] = picks.GetValueOrDefault(picked) + 1;
            await fixture.Admin.CaughtUpAsync(FleetResources.PoolName, picked, placed["sequence"]!.GetValue<long>());
        }

        // Each engine was the one with the longest prefix now and then, whatever it calls its blocks.
        Assert.Equal(Ips.Length, picks.Count);
        AssertNamed((await fixture.Admin.PoolAsync(FleetResources.PoolName)).Endpoints);
        await AssertDoctorAsync(fixture.Router.Admin);
    }

    /// <summary>Every engine comes to hold a prompt of its own, the right one first.</summary>
    private async Task ShareOutAsync(RouterFixture fixture, FleetPeer fleet, uint[][] tokens)
    {
        // Prompts that begin differently, so that each is one engine's alone.
        var different = tokens.DistinctBy(prompt => string.Join(',', prompt.Take(64))).ToArray();
        for (var i = 0; i < Ips.Length; i++)
        {
            var sequence = await fleet.PrefillAsync(Ips[i], different[i]);
            await fixture.Admin.CaughtUpAsync(FleetResources.PoolName, $"{Ips[i]}:{_port}", sequence);
        }
    }

    private static void AssertNamed(IReadOnlyList<EndpointStatus> endpoints)
    {
        (string State, SchemeParts Differs, string Cause, string Era)[] expected =
        [
            ("exact", SchemeParts.None, "", "vLLM v0.24 on"),
            ("mapped", SchemeParts.Seed, "the engine has PYTHONHASHSEED \"0\", the pool PYTHONHASHSEED \"42\"", "vLLM v0.22 to v0.23"),
            ("mapped", SchemeParts.Algorithm, "the engine has --prefix-caching-hash-algo sha256, the pool sha256_cbor", "vLLM v0.17 to v0.19"),
            ("mapped", SchemeParts.Seed | SchemeParts.Algorithm, "PYTHONHASHSEED (up to v0.27 random where it is unset) or --prefix-caching-hash-algo differs", "vLLM v0.24 on"),
        ];
        Assert.Equal(Ips.Length, endpoints.Count);
        foreach (var (endpoint, (state, differs, cause, era)) in endpoints.Zip(expected))
        {
            Assert.Equal((state, differs, era), (endpoint.Trust.State, endpoint.Trust.Differs, endpoint.Wire?.Era));
            Assert.EndsWith(cause, endpoint.Trust.Cause, StringComparison.Ordinal);
            Assert.NotEqual(0, endpoint.BlocksHeld);
        }
    }

    /// <summary>What a user sees who asks: the odd engines by name, each with the flag to change.</summary>
    private async Task AssertDoctorAsync(string admin)
    {
        await using var doctor = Peer.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "OrleansKvRouter.EppService.dll"), "doctor", "--node", admin]);
        var text = await doctor.ReadToEndAsync();
        foreach (var (engine, mend) in (ReadOnlySpan<(int, string)>)
        [
            (1, "PYTHONHASHSEED=42 in the engine's environment, or hashSeed in the policy\n"),
            (2, "--prefix-caching-hash-algo sha256_cbor on the engine, or hashAlgorithm in the policy\n"),
            (3, "PYTHONHASHSEED=42 in the engine's environment, or hashSeed in the policy; --prefix-caching-hash-algo sha256_cbor on the engine"),
        ])
        {
            var said = text[text.IndexOf($"note  {FleetResources.PoolName}/qwen3-{engine} ({Ips[engine]}:{_port}): its hashes are mapped", StringComparison.Ordinal)..];
            Assert.StartsWith(mend, said[(said.IndexOf("  mend: ", StringComparison.Ordinal) + "  mend: ".Length)..], StringComparison.Ordinal);
        }

        Assert.DoesNotContain($"qwen3-0 (127.0.0.11:{_port}): its hashes", text, StringComparison.Ordinal);
    }
}
