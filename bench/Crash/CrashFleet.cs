using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.Loopback;
using OrleansKvRouter.Tests.KvEvents.Trials.Fleet;

namespace OrleansKvRouter.Bench.Crash;

/// <summary>
/// Python engines, in one process of their own, that the router connects to or that connect to it, and what each of them holds in truth. They evict, clear and
/// are restarted; batches are dropped on their way; one in four hashes with another seed than the pool.
/// </summary>
internal sealed class CrashFleet : IAsyncDisposable
{
    public const string Model = "Qwen3-32B";

    private const int BlockSize = 16;
    private const int Chains = 24;

    private readonly EventFleet _fleet;

    private CrashFleet(EventFleet fleet, uint[][] prompts, FleetResources resources, string? events) => (_fleet, Prompts, Resources, Events) = (fleet, prompts, resources, events);

    /// <summary>What the engines are asked.</summary>
    public uint[][] Prompts { get; }

    public FleetResources Resources { get; }

    /// <summary>Where the engines connect to, as a ZeroMQ address; null where the router connects to them.</summary>
    public string? Events { get; }

    public static async Task<CrashFleet> StartAsync(int engines, int seed, bool bind)
    {
        var ports = Ports.Take(2);
        string[] ips = [.. Enumerable.Range(0, engines).Select(i => $"127.0.0.{21 + i}")];
        var events = bind ? $"tcp://127.0.0.1:{ports[0]}" : null;
        var prompts = Prompted(new Random(seed));
        var fleet = await EventFleet.StartAsync(new FleetDescription(
            new() { [$"{BlockSize}"] = [.. prompts.Select(tokens => new FleetChain(tokens))] },
            new PoolDescription("sha256_cbor", "42", BlockSize),
            [
                .. ips.Select((ip, i) => new EngineDescription
                {
                    Schema = i % 2 == 0 ? "v0.26.0" : "v0.20.0",
                    Algo = "sha256_cbor",
                    Seed = i % 4 == 3 ? "7" : "42",
                    Chains = [.. Enumerable.Range(0, prompts.Length)],
                    Blocks = 300,
                    At = [ip, ports[0], ports[1]],
                    Connect = events,
                    Topic = $"kv@{ip}@{Model}",
                }),
            ]));
        return new CrashFleet(fleet, prompts, new FleetResources { Ips = ips, BlockSize = BlockSize, EventsPort = bind ? null : ports[0], ReplayPort = ports[1] }, events);
    }

    /// <summary>Random requests for a while.</summary>
    public Task<LiveCounts> StormAsync(double rate, double seconds, int seed) =>
        _fleet.AskAsync<LiveCounts>(new { live = new { rate, seconds, seed } }, TimeSpan.FromSeconds(seconds) + TimeSpan.FromMinutes(2));

    /// <summary>What every engine holds, in the pool's keys.</summary>
    public async Task<HashSet<ulong>[]> TruthAsync() => [.. (await _fleet.AskAsync<EngineTruth[]>(new { truth = true })).Select(engine => engine.Keys.ToHashSet())];

    /// <summary>The index's entries that differ from the truth: first those that are wrong, then those that are missing.</summary>
    public static (long Wrong, long Missing) Compare(PoolStatus pool, IReadOnlyList<ExplainResult> explained, HashSet<ulong>[] truth, ICollection<string> differing)
    {
        var (wrong, missing) = (0L, 0L);
        for (var i = 0; i < truth.Length; i++)
        {
            var endpoint = pool.Endpoints[i];
            Note(endpoint.BlocksHeld - truth[i].Count, $"{endpoint.Name}: {endpoint.BlocksHeld} blocks held, {truth[i].Count} in truth ({endpoint.Trust.State}: {endpoint.Trust.Cause})");
            for (var p = 0; p < explained.Count; p++)
            {
                var matched = explained[p].Endpoints.First(e => e.Address == endpoint.Address).MatchedBlocks;
                var held = explained[p].BlockKeys.TakeWhile(key => truth[i].Contains(key.Value)).Count();
                Note(matched - held, $"{endpoint.Name}: {matched} leading blocks of prompt {p}, {held} in truth");
            }
        }

        return (wrong, missing);

        void Note(long difference, string what)
        {
            if (difference == 0) return;
            if (difference > 0) wrong += difference;
            else missing -= difference;
            differing.Add(what);
        }
    }

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();

    /// <summary>Prompts that share beginnings, as conversations do.</summary>
    private static uint[][] Prompted(Random random)
    {
        var prompts = new uint[Chains][];
        for (var i = 0; i < Chains; i++)
        {
            uint[] fresh = [.. Enumerable.Range(0, (20 + random.Next(40)) * BlockSize + random.Next(BlockSize)).Select(_ => (uint)random.Next(1, 150_000))];
            prompts[i] = i < 4 ? fresh : [.. prompts[random.Next(4)].Take((4 + random.Next(12)) * BlockSize), .. fresh];
        }

        return prompts;
    }

    private sealed record EngineTruth(long Seq, ulong[] Keys);
}

/// <summary>What a storm consisted of.</summary>
internal sealed record LiveCounts(long Sent, long Dropped, long Lost, long Restarts, long Clears);
