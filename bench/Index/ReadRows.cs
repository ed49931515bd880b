using System.Diagnostics;
using OrleansKvRouter.Bench.Figures;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;

namespace OrleansKvRouter.Bench.Index;

/// <summary>Walks: how many a second, and how long one takes. Latencies are measured in runs of their own, because asking the time takes time.</summary>
internal sealed class ReadRows(InMemoryBlockIndex index, IndexBenchOptions options)
{
    public (double PerSecond, double P50, double P99) Measure(ChainQueries queries, int threads = 1)
    {
        var latencies = new Latencies();
        Walk(queries, options.Time / 4, null);
        var rates = new double[options.Runs];
        for (var run = 0; run < options.Runs; run++)
        {
            rates[run] = Together(threads, () => Walk(queries, options.Time, null)).Sum();
            Together(threads, () => Walk(queries, options.Time / 2, threads == 1 ? latencies : null));
        }

        return (Median.Of(rates), latencies.Percentile(0.5), latencies.Percentile(0.99));
    }

    private static double[] Together(int threads, Func<double> work)
    {
        if (threads == 1) return [work()];
        var tasks = Enumerable.Range(0, threads).Select(_ => Task.Factory.StartNew(work, TaskCreationOptions.LongRunning)).ToArray();
        return [.. tasks.Select(task => task.GetAwaiter().GetResult())];
    }

    /// <summary>Walks for a time; returns walks a second of processor time.</summary>
    private double Walk(ChainQueries queries, TimeSpan time, Latencies? latencies)
    {
        var matches = new PrefixMatches();
        var (began, walks) = (ProcessorTime.Now, 0L);
        var query = Environment.CurrentManagedThreadId * 97 % queries.Count;
        while (true)
        {
            for (var i = 0; i < 64; i++)
            {
                var start = latencies is null ? 0 : Stopwatch.GetTimestamp();
                index.Walk(queries[query], matches);
                latencies?.Add(start);
                if (++query == queries.Count) query = 0;
            }

            walks += 64;
            var elapsed = ProcessorTime.Now - began;
            if (elapsed >= time) return walks / elapsed.TotalSeconds;
        }
    }
}
