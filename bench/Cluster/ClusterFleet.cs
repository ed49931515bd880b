using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.Loopback;
using OrleansKvRouter.Tests.KvEvents.Trials.Fleet;

namespace OrleansKvRouter.Bench.Cluster;

/// <summary>
/// Python engines in one process of their own, and what each holds in truth. They evict, clear and are restarted, and some batches are
/// lost on their way; every fourth hashes with another seed than the pool, every sixth has nobody at its replay port.
/// </summary>
internal sealed class ClusterFleet : IAsyncDisposable
{
    public const string Model = "Qwen3-32B";

    private const int BlockSize = 16, Stems = 12, Family = 8;

    private readonly EventFleet _fleet;

    private ClusterFleet(EventFleet fleet, uint[][] prompts, FleetResources resources, bool[] cannotReplay) =>
        (_fleet, Prompts, Resources, CannotReplay) = (fleet, prompts, resources, cannotReplay);

    public uint[][] Prompts { get; }

    public FleetResources Resources { get; }

    /// <summary>The engines whose lost batches nobody has any more.</summary>
    public bool[] CannotReplay { get; }

    public int Count => CannotReplay.Length;

    /// <summary>The engines' <c>ip:port</c>s.</summary>
    public string AddressOf(int engine) => $"{Resources.Ips[engine]}:{Resources.Port}";

    /// <param name="engines">How many.</param>
    /// <param name="seed">Of what they are asked.</param>
    /// <param name="events">Where they connect to; null where silos connect to them.</param>
    public static async Task<ClusterFleet> StartAsync(int engines, int seed, string? events)
    {
        var ports = Ports.Take(3);
        string[] ips = [.. Enumerable.Range(0, engines).Select(i => $"127.0.0.{21 + i}")];
        bool[] cannotReplay = [.. Enumerable.Range(0, engines).Select(i => i % 6 == 5)];
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
                    Blocks = 1100,
                    At = [ip, ports[0], cannotReplay[i] ? ports[2] : ports[1]],
                    Connect = events,
                    Topic = $"kv@{ip}@{Model}",
                    Lossy = cannotReplay[i],
                }),
            ]));
        var resources = new FleetResources { Ips = ips, BlockSize = BlockSize, EventsPort = events is null ? ports[0] : null, ReplayPort = ports[1], ByPrefixAlone = true };
        return new ClusterFleet(fleet, prompts, resources, cannotReplay);
    }

    /// <summary>Random requests until <see cref="EndStormAsync"/>; what came of them, and what each cache held when.</summary>
    public Task<Storm> StormAsync(double rate, int seed) =>
        _fleet.AskAsync<Storm>(new { live = new { rate, seconds = 3600, seed, record = true } }, TimeSpan.FromMinutes(10));

    /// <summary>Ends a storm.</summary>
    public Task EndStormAsync() => _fleet.SayAsync(new { truth = true });

    /// <summary>The answer to what <see cref="EndStormAsync"/> asked, behind the storm's.</summary>
    public async Task<HashSet<ulong>[]> TruthAfterStormAsync() => Sets(await _fleet.HearAsync<EngineTruth[]>());

    /// <summary>Everybody serves a little more; engines that lost batches for good clear their caches first where told. Then what each holds.</summary>
    public async Task<HashSet<ulong>[]> SettleAsync(bool clear)
    {
        await _fleet.AskAsync<Dictionary<string, long>>(new { settle = new { clear } });
        return Sets(await _fleet.AskAsync<EngineTruth[]>(new { truth = true }));
    }

    /// <summary>Entries that a silo's walks or its counts have and the engines have not, and the other way round; of engines that lost batches only the former unless they cleared.</summary>
    public (long Wrong, long Missing) Compare(PoolStatus pool, IReadOnlyList<ExplainResult> explained, HashSet<ulong>[] truth, bool cleared, ICollection<string> differing)
    {
        var (wrong, missing) = (0L, 0L);
        for (var i = 0; i < truth.Length; i++)
        {
            var endpoint = pool.Endpoints.First(e => e.Address == AddressOf(i));
            Note(i, endpoint.BlocksHeld - truth[i].Count, $"{endpoint.Name} ({endpoint.Trust.State}: {endpoint.Trust.Cause}): {endpoint.BlocksHeld} blocks held, {truth[i].Count} in truth");
            for (var p = 0; p < explained.Count; p++)
            {
                var matched = explained[p].Endpoints.First(e => e.Address == endpoint.Address).MatchedBlocks;
                var held = explained[p].BlockKeys.TakeWhile(key => truth[i].Contains(key.Value)).Count();
                Note(i, matched - held, $"{endpoint.Name}: {matched} leading blocks of prompt {p}, {held} in truth");
            }
        }

        return (wrong, missing);

        void Note(int engine, long difference, string what)
        {
            if (difference == 0 || (difference < 0 && CannotReplay[engine] && !cleared)) return;
            if (difference > 0) wrong += difference;
            else missing -= difference;
            differing.Add(what);
        }
    }

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();

    private static HashSet<ulong>[] Sets(EngineTruth[] truths) => [.. truths.Select(engine => engine.Keys.ToHashSet())];

    /// <summary>Prompts that share beginnings, as conversations do; none ends with a block.</summary>
    private static uint[][] Prompted(Random random) =>
    [
        .. Enumerable.Range(0, Stems).SelectMany(_ =>
        {
            var stem = Tokens(random, 8 * BlockSize);
            return Enumerable.Range(0, Family).Select(_ => (uint[])
                [.. stem[..(random.Next(1, 9) * BlockSize)], .. Tokens(random, (random.Next(4, 24) * BlockSize) + random.Next(1, BlockSize))]);
        }),
    ];

    private static uint[] Tokens(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (uint)random.Next(1, 150_000))];

    private sealed record EngineTruth(long Seq, ulong[] Keys);
}
