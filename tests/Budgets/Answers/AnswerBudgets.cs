using System.Diagnostics.Metrics;
using System.Text;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.EppService.Admin.Prometheus;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.Tests.Budgets.Running;

namespace OrleansKvRouter.Tests.Budgets.Answers;

/// <summary>What is done for every piece of an answer, and for every request's metrics.</summary>
public class AnswerBudgets
{
    private readonly byte[] _chunk = Encoding.UTF8.GetBytes("data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n");
    private readonly UsageScanner _scanner = new();
    private readonly Meter _meter = new("OrleansKvRouter.Budgets");
    private PrometheusExporter _exporter = null!;
    private Counter<long> _counter = null!;
    private Histogram<double> _histogram = null!;

    [GlobalSetup]
    public void Listen()
    {
        // What it keeps of a usage object is its one buffer.
        _scanner.Scan("data: {\"usage\":{\"prompt_tokens\":5}}\n\n"u8);
        _exporter = new PrometheusExporter(NullLogger<PrometheusExporter>.Instance);
        _counter = _meter.CreateCounter<long>("budgets.requests");
        _histogram = _meter.CreateHistogram<double>("budgets.duration", "s");
    }

    [GlobalCleanup]
    public void Close()
    {
        _exporter.Dispose();
        _meter.Dispose();
    }

    [Benchmark]
    [AllocationBudget(0)]
    public void ScanForUsage() => _scanner.Scan(_chunk);

    [Benchmark]
    [AllocationBudget(0)]
    public void RecordMetrics()
    {
        _counter.Add(1, new("pool", "p"), new KeyValuePair<string, object?>("status", "200"));
        _histogram.Record(0.001, new KeyValuePair<string, object?>("pool", "p"));
    }
}
