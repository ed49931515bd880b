namespace OrleansKvRouter.Scheduling.Picking;

/// <summary>
/// Keeps the best of a row of totals, one of the ties at random and each equally likely, in one pass and without a list
/// (reservoir sampling).
/// </summary>
internal ref struct TieBreaker(ulong seed)
{
    /// <summary>Totals this close are equal: sums of four products differ by rounding alone in the last few of 53 bits.</summary>
    private const double Tolerance = 1e-12;

    private ulong _state = seed;
    private double _best = double.NegativeInfinity;
    private uint _ties;

    public int Index { get; private set; } = -1;

    public double Best { get; private set; }

    public void Offer(int index, double total)
    {
        if (total > _best + (Tolerance * Math.Max(1, Math.Abs(total))))
        {
            _best = total;
            _ties = 1;
            (Index, Best) = (index, total);
        }
        else if (total >= _best - (Tolerance * Math.Max(1, Math.Abs(_best))) && Below(++_ties) == 0)
        {
            (Index, Best) = (index, total);
        }
    }

    private uint Below(uint bound) => (uint)(((SplitMix.Next(ref _state) >> 32) * bound) >> 32);
}

/// <summary>
/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): a counter and a mixing function,
/// which is why any number of threads can share one by adding to the counter.
/// </summary>
internal static class SplitMix
{
    public const ulong Increment = 0x9E3779B97F4A7C15;

    public static ulong Next(ref ulong state) => Mix(state += Increment);

    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
