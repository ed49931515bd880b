using OrleansKvRouter.Tests.KvEvents.Trials.Fleet;

namespace OrleansKvRouter.Tests.KvEvents.Trials.Chaos;

/// <summary>The engines of a chaos run and what they are asked: every era and form, every third one not hashing as the pool does.</summary>
internal static class ChaosFleet
{
    public const int BlockSize = 16;

    /// <summary>The pool's scheme.</summary>
    public const string Algorithm = "sha256_cbor", Seed = "42";

    private const int Families = 24;
    private const int PromptsPerFamily = 8;

    private static readonly string[] Eras = ["v0.29.0", "v0.10.2", "v0.26.0", "v0.20.0", "v0.24.0", "v0.14.0", "v0.22.0", "v0.17.0", "v0.10.0"];
    private static readonly (string Algo, string? Seed, bool IsRandom)[] Others = [(Algorithm, "7", false), ("sha256", "42", false), (Algorithm, null, true), ("sha256", null, true)];

    /// <summary>Prompts of one to twelve blocks; those of a family begin alike. Some have an adapter, some a salt.</summary>
    public static FleetChain[] Prompts(int seed)
    {
        var random = new Random(seed);
        var prompts = new List<FleetChain>();
        for (var family = 0; family < Families; family++)
        {
            var stem = Tokens(random, 12);
            for (var i = 0; i < PromptsPerFamily; i++)
            {
                var shared = (random.Next(2) == 0 ? 1 : random.Next(0, 10)) * BlockSize;
                var own = Tokens(random, random.Next(1, 13 - (shared / BlockSize)));
                // The first is the beginning alone: often one block, so that roots are announced again and again, which children may wait for.
                uint[] tokens = i == 0 ? stem[..(random.Next(1, 3) * BlockSize)] : [.. stem[..shared], .. own];
                prompts.Add(new FleetChain(tokens, family % 6 == 4 ? "sql-adapter" : null, family % 6 == 5 ? $"tenant-{family}" : null));
            }
        }

        return [.. prompts];
    }

    /// <summary>An engine that connects to the router, or, without an address, that the router connects to.</summary>
    public static EngineDescription Engine(int number, string? connect, FleetChain[] prompts)
    {
        var schema = Eras[number % Eras.Length];
        var other = number % 3 == 2 ? Others[number / 3 % Others.Length] : (Algo: Algorithm, Seed: (string?)Seed, IsRandom: false);
        var isLossy = number % 5 == 4 || number % 6 == 2;
        var names = string.CompareOrdinal(schema, "v0.14.0") >= 0;
        var salts = number % 3 != 2 || string.CompareOrdinal(schema, "v0.17.0") >= 0;
        return new EngineDescription
        {
            Schema = schema,
            Form = number % 4 == 1 ? "bytes" : "int",
            Algo = other.Algo,
            Seed = other.Seed,
            None = other.IsRandom ? "random" : null,
            Connect = connect,
            Topic = connect is null ? "" : Endpoints.TopicOf(number),
            Chains = [.. Enumerable.Range(0, prompts.Length).Where(i => (names || prompts[i].Lora is null) && (salts || prompts[i].Salt is null))],
            Blocks = 64 + (number % 4 * 64),
            Buffer = isLossy ? 25 : 10_000,
            Lossy = isLossy,
        };
    }

    private static uint[] Tokens(Random random, int blocks) => [.. Enumerable.Range(0, blocks * BlockSize).Select(_ => (uint)random.Next(150_000))];
}
