using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.Bench.Index;

/// <summary>
/// CHAIN(M, L, W): M/(2L) chains of L blocks, each held by two of W workers; sixteen chains share their first quarter
/// (docs/benchmarks.md has the definition).
/// </summary>
internal sealed class ChainWorkload
{
    /// <summary>Blocks an event.</summary>
    public const int EventBlocks = 64;

    private const int Sharing = 16;
    private readonly BlockKey[] _keys;

    public ChainWorkload(int memberships, int length, int workers)
    {
        (Memberships, Length, Workers) = (memberships, length, workers);
        Chains = Math.Max(1, memberships / (2 * length));
        _keys = new BlockKey[Chains * length];
        for (var chain = 0; chain < Chains; chain++)
        {
            for (var i = 0; i < length; i++) _keys[(chain * length) + i] = Key(chain, i, length);
        }
    }

    /// <summary>What was asked for; workers that are given a shared block twice have it once.</summary>
    public int Memberships { get; }

    public int Length { get; }

    public int Workers { get; }

    public int Chains { get; }

    public ReadOnlySpan<BlockKey> Chain(int chain) => _keys.AsSpan(chain * Length, Length);

    /// <summary>The two workers that hold a chain.</summary>
    public (int First, int Second) WorkersOf(int chain)
    {
        var workers = (ulong)Workers;
        var first = Mix((ulong)chain ^ 0x77) % workers;
        var second = (first + 1 + (Mix((ulong)chain ^ 0x99) % (workers - 1))) % workers;
        return ((int)first, (int)second);
    }

    /// <summary>Block <paramref name="i"/> of a chain.</summary>
    public static BlockKey Key(int chain, int i, int length) => new(
        i < length / 4
            ? Mix(Mix(0xA5A5UL ^ (ulong)(chain / Sharing)) ^ (ulong)i)
            : Mix(Mix(0x5A5A0000UL ^ (ulong)chain) ^ (((ulong)i * 2) | 1)));

    /// <summary>A block that nobody has.</summary>
    public static BlockKey Unseen(int number) => new(Mix(0xDEAD_0000_0000_0000UL + (ulong)number));

    /// <summary>splitmix64's finaliser.</summary>
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
