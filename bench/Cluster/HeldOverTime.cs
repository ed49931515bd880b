namespace OrleansKvRouter.Bench.Cluster;

/// <summary>
/// What engines held while they published. What a router says at a moment is right where it lies between the least and the most that the
/// engine held within the time that news may take.
/// </summary>
internal sealed class HeldOverTime
{
    private readonly (double Time, int[] Blocks)[][] _engines;

    public HeldOverTime(IEnumerable<HeldAt> history, int engines)
    {
        var byEngine = history.ToLookup(held => held.Engine);
        _engines = [.. Enumerable.Range(0, engines).Select(engine => byEngine[engine].Select(held => (held.Time, held.Blocks)).ToArray())];
    }

    /// <summary>The least and the most leading blocks of a chain that an engine held at any time in the span; all is possible where that is not known.</summary>
    /// <param name="engine">Its number.</param>
    /// <param name="chain">The chain's number.</param>
    /// <param name="from">Unix time.</param>
    /// <param name="to">Unix time.</param>
    public (int Least, int Most) Of(int engine, int chain, double from, double to)
    {
        var known = _engines[engine];
        var at = Array.FindLastIndex(known, held => held.Time <= from);
        if (at < 0) return (0, int.MaxValue);
        var (least, most) = (int.MaxValue, 0);
        for (; at < known.Length && known[at].Time <= to; at++)
        {
            least = Math.Min(least, known[at].Blocks[chain]);
            most = Math.Max(most, known[at].Blocks[chain]);
        }

        return (least, most);
    }

    /// <summary>How old the word is that says so many blocks; null where the engine never held that many in this storm.</summary>
    public double? AgeOf(int engine, int chain, int blocks, double at)
    {
        var known = _engines[engine];
        var last = Array.FindLastIndex(known, held => held.Time <= at && held.Blocks[chain] == blocks);
        return last < 0 ? null : last + 1 < known.Length ? Math.Max(0, at - known[last + 1].Time) : 0;
    }
}
