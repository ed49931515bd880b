using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.Bench.Index;

/// <summary>
/// Prompts of L blocks that begin like a random chain and go on as nobody's: full = L blocks are held, half = L/2,
/// prefix = L/4, miss = none, mix = 40, 30, 20 and 10 % of these. Many enough that neither they nor what they find stays in the caches.
/// </summary>
internal sealed class ChainQueries
{
    private const int MaxKeys = 8_000_000;
    private readonly BlockKey[] _keys;
    private readonly int _length;

    public ChainQueries(ChainWorkload workload, string kind, int seed)
    {
        _length = workload.Length;
        Count = Math.Min(16_384, MaxKeys / _length);
        _keys = new BlockKey[Count * _length];
        var random = new Random(seed);
        for (var query = 0; query < Count; query++)
        {
            var held = Held(kind == "mix" ? Draw(random) : kind, _length);
            var keys = _keys.AsSpan(query * _length, _length);
            workload.Chain(random.Next(workload.Chains))[..held].CopyTo(keys);
            for (var i = held; i < _length; i++) keys[i] = ChainWorkload.Unseen((query * _length) + i);
        }
    }

    public int Count { get; }

    public ReadOnlySpan<BlockKey> this[int query] => _keys.AsSpan(query * _length, _length);

    private static string Draw(Random random) => random.Next(10) switch { < 4 => "full", < 7 => "half", < 9 => "prefix", _ => "miss" };

    private static int Held(string kind, int length) => kind switch { "full" => length, "half" => length / 2, "prefix" => length / 4, _ => 0 };
}
