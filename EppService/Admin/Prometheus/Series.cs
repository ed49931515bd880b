namespace OrleansKvRouter.EppService.Admin.Prometheus;

/// <summary>
/// The values of one series. Any thread adds; the scrape reads each number atomically.
/// </summary>
/// <param name="labels">The labels as the exposition writes them, without braces; empty for none.</param>
/// <param name="boundaries">A histogram's upper bounds, ascending, without +Inf; null for a plain value.</param>
internal sealed class Series(string labels, double[]? boundaries)
{
    private readonly long[]? _buckets = boundaries is null ? null : new long[boundaries.Length + 1];
    private double _value;

    public string Labels { get; } = labels;

    /// <summary>The scrape in which an observed value was last given. Only the scrape itself reads and writes it.</summary>
    public long SeenInScrape { get; set; }

    /// <summary>The value; of a histogram, the sum of all measurements.</summary>
    public double Value => Volatile.Read(ref _value);

    public void Set(double value) => Volatile.Write(ref _value, value);

    public void Add(double amount)
    {
        var seen = Volatile.Read(ref _value);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref _value, seen + amount, seen);
            if (before.Equals(seen)) return;
            seen = before;
        }
    }

    /// <summary>Takes a measurement into the first bucket whose bound it does not exceed.</summary>
    public void Measure(double value)
    {
        var found = Array.BinarySearch(boundaries!, value);
        Interlocked.Increment(ref _buckets![found < 0 ? ~found : found]);
        Add(value);
    }

    /// <summary>Measurements in each bucket, the one above all bounds last.</summary>
    public long[] Buckets()
    {
        var counts = new long[_buckets!.Length];
        for (var i = 0; i < counts.Length; i++) counts[i] = Volatile.Read(ref _buckets[i]);
        return counts;
    }
}
