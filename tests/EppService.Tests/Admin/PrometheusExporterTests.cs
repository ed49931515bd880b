using System.Buffers;
using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.EppService.Admin.Prometheus;

namespace OrleansKvRouter.Tests.EppService.Admin;

/// <summary>Instruments in, Prometheus text out. Every test has a meter and metric names of its own, because meters are the process's.</summary>
public sealed class PrometheusExporterTests : IDisposable
{
    private readonly PrometheusExporter _exporter = new(NullLogger<PrometheusExporter>.Instance, maxSeries: 3);
    private readonly Meter _meter = new("OrleansKvRouter.ExporterTest");

    public void Dispose()
    {
        _meter.Dispose();
        _exporter.Dispose();
    }

    [Fact]
    public void Counter_WithLabels_SumsBySetOfLabelsWhateverTheirOrder()
    {
        var counter = _meter.CreateCounter<long>("test.a.requests", "{request}", "Requests.");

        counter.Add(2, new("b", "x"), new KeyValuePair<string, object?>("a", 1));
        counter.Add(3, new("a", 1), new KeyValuePair<string, object?>("b", "x"));
        counter.Add(1, new("a", "1"), new KeyValuePair<string, object?>("b", "x"));
        counter.Add(7);

        Assert.Equal(
            """
            # HELP test_a_requests_total Requests.
            # TYPE test_a_requests_total counter
            test_a_requests_total 7
            test_a_requests_total{a="1",b="x"} 6
            """,
            TextOf("test_a"));
    }

    [Fact]
    public void Labels_HostileText_IsEscaped()
    {
        var counter = _meter.CreateCounter<int>("test.b.total", description: "Line one\nline \\two");

        counter.Add(1, new KeyValuePair<string, object?>("9 bad-name", "quote \" backslash \\ break \n end"));

        Assert.Equal(
            """
            # HELP test_b_total Line one\nline \\two
            # TYPE test_b_total counter
            test_b_total{_9_bad_name="quote \" backslash \\ break \n end"} 1
            """,
            TextOf("test_b"));
    }

    [Fact]
    public void Histogram_WithAdvice_CountsUpToEachBound()
    {
        var histogram = _meter.CreateHistogram(
            "test.c.duration", "s", "How long.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });

        foreach (var seconds in new[] { 0.05, 0.1, 0.5, 1, 7 }) histogram.Record(seconds, new KeyValuePair<string, object?>("k", "v"));

        Assert.Equal(
            """
            # HELP test_c_duration_seconds How long.
            # TYPE test_c_duration_seconds histogram
            test_c_duration_seconds_bucket{k="v",le="0.1"} 2
            test_c_duration_seconds_bucket{k="v",le="1"} 4
            test_c_duration_seconds_bucket{k="v",le="+Inf"} 5
            test_c_duration_seconds_sum{k="v"} 8.65
            test_c_duration_seconds_count{k="v"} 5
            """,
            TextOf("test_c"));
    }

    [Fact]
    public void UpDownCounterAndGauges_Measured_ShowTheirLastState()
    {
        var active = _meter.CreateUpDownCounter<long>("test.d.active");
        var usage = _meter.CreateGauge<double>("test.d.usage", "1");
        var seen = 0L;
        _meter.CreateObservableCounter("test.d.seen", () => seen += 5, "By");
        _meter.CreateObservableGauge("test.d.odd", () => new[] { new Measurement<double>(double.NaN), new Measurement<double>(double.PositiveInfinity, new KeyValuePair<string, object?>("up", true)) });

        active.Add(5);
        active.Add(-2);
        usage.Record(0.5);
        usage.Record(0.25);
        TextOf("test_d");

        Assert.Equal(
            ["test_d_active 3", "test_d_odd NaN", "test_d_odd{up=\"true\"} +Inf", "test_d_seen_bytes_total 10", "test_d_usage_ratio 0.25"],
            Samples("test_d"));
    }

    [Fact]
    public void ObservedSeries_NoLongerObserved_Disappears()
    {
        var endpoints = new List<string> { "a", "b" };
        _meter.CreateObservableGauge("test.e.load", () => endpoints.Select(e => new Measurement<int>(1, new KeyValuePair<string, object?>("endpoint", e))));

        var before = Samples("test_e");
        endpoints.Remove("a");
        var after = Samples("test_e");
        // One that comes for one that goes does not fill the metric up.
        for (var i = 0; i < 20; i++)
        {
            endpoints = [$"new{i}"];
            Assert.Equal([$"test_e_load{{endpoint=\"new{i}\"}} 1"], Samples("test_e"));
        }

        Assert.Equal(["test_e_load{endpoint=\"a\"} 1", "test_e_load{endpoint=\"b\"} 1"], before);
        Assert.Equal(["test_e_load{endpoint=\"b\"} 1"], after);
    }

    [Fact]
    public void Series_BeyondTheLimit_AreSummedUpAndCounted()
    {
        var counter = _meter.CreateCounter<long>("test.f.requests");

        for (var i = 0; i < 10; i++) counter.Add(1, new KeyValuePair<string, object?>("model", i));
        counter.Add(1, new KeyValuePair<string, object?>("model", 0));

        Assert.Equal(
            ["test_f_requests_total{model=\"0\"} 2", "test_f_requests_total{model=\"1\"} 1", "test_f_requests_total{model=\"2\"} 1", "test_f_requests_total{overflow=\"true\"} 7"],
            Samples("test_f"));
        Assert.Contains(("test_f_requests_total", 7L), _exporter.Overflows());
    }

    [Fact]
    public void Instruments_OfOneName_AreOneMetricUntilTheLastMeterGoes()
    {
        var first = new Meter("OrleansKvRouter.ExporterTest.G");
        using var second = new Meter("OrleansKvRouter.ExporterTest.G");
        first.CreateCounter<long>("test.g.requests").Add(1);
        second.CreateCounter<long>("test.g.requests").Add(2);
        second.CreateUpDownCounter<long>("test.g.requests.total").Add(9);

        var both = Samples("test_g");
        first.Dispose();
        var afterFirst = Samples("test_g");
        second.Dispose();

        Assert.Equal(["test_g_requests_total 3"], both);
        Assert.Equal(["test_g_requests_total 3"], afterFirst);
        Assert.Empty(Samples("test_g"));
    }

    [Fact]
    public void Observation_Failing_LeavesTheOtherMetrics()
    {
        _meter.CreateObservableGauge<int>("test.h.bad", new Func<int>(() => throw new InvalidOperationException("not now")));
        _meter.CreateObservableGauge("test.h.good", () => 1);

        Assert.Equal(["test_h_good 1"], Samples("test_h"));
    }

    [Fact]
    public void Meters_OfOthers_AreLeftOut()
    {
        using var other = new Meter("SomebodyElse");
        other.CreateCounter<long>("test.i.requests").Add(1);

        Assert.Empty(Samples("test_i"));
    }

    [Fact]
    public async Task Record_FromManyThreadsDuringScrapes_LosesNothing()
    {
        var counter = _meter.CreateCounter<double>("test.k.seconds", "s");
        var histogram = _meter.CreateHistogram<long>("test.k.sizes", "{token}");

        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                counter.Add(0.5);
                histogram.Record(i);
                if (i % 5000 == 0) TextOf("test_k");
            }
        })));

        Assert.Contains("test_k_seconds_total 40000", Samples("test_k"));
        Assert.Contains("test_k_sizes_count 80000", Samples("test_k"));
        Assert.Contains($"test_k_sizes_sum {4L * 19_999 * 10_000}", Samples("test_k"));
    }

    [Fact]
    public async Task Text_OfEveryKind_PassesPromtool()
    {
        _meter.CreateCounter<long>("test.l.requests", "{request}", "Requests.").Add(1, new KeyValuePair<string, object?>("path", "/v1/\"x\"\n"));
        _meter.CreateHistogram<double>("test.l.duration", "s", "Duration.").Record(0.2);
        _meter.CreateUpDownCounter<long>("test.l.active", "{request}", "Under way.").Add(1);
        _meter.CreateObservableGauge("test.l.usage", () => 0.5, "1", "Usage.");

        await Promtool.CheckAsync(string.Join('\n', Lines().Where(line => line.Contains("test_l_", StringComparison.Ordinal))) + "\n");
    }

    private string[] Samples(string prefix) => [.. Lines().Where(line => line.StartsWith(prefix, StringComparison.Ordinal))];

    private string TextOf(string prefix) =>
        string.Join('\n', Lines().Where(line => line.StartsWith(prefix, StringComparison.Ordinal) || line.StartsWith($"# HELP {prefix}", StringComparison.Ordinal) || line.StartsWith($"# TYPE {prefix}", StringComparison.Ordinal)));

    private string[] Lines()
    {
        var text = new ArrayBufferWriter<byte>();
        _exporter.Write(text);
        return Encoding.UTF8.GetString(text.WrittenSpan).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
