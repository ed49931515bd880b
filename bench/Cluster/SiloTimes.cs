namespace OrleansKvRouter.Bench.Cluster;

/// <summary>When which silo was not to be counted on. Any thread; times are Unix times.</summary>
internal sealed class SiloTimes
{
    private readonly Lock _changing = new();
    private readonly List<(int Silo, double From, double To)> _downs = [];

    public static double Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;

    /// <summary>From now on the silo is down.</summary>
    public void Down(int silo)
    {
        lock (_changing) _downs.Add((silo, Now, double.MaxValue));
    }

    /// <summary>From now on it is not.</summary>
    public void Up(int silo)
    {
        lock (_changing)
        {
            var last = _downs.FindLastIndex(down => down.Silo == silo);
            if (last >= 0) _downs[last] = _downs[last] with { To = Now };
        }
    }

    /// <summary>Whether it was up all the time.</summary>
    public bool IsUp(int silo, double from, double to)
    {
        lock (_changing) return !_downs.Exists(down => down.Silo == silo && down.From <= to && from <= down.To);
    }
}
