using System.Buffers;
using System.Globalization;
using System.Text;

namespace OrleansKvRouter.EppService.Admin.Prometheus;

/// <summary>Writes families in the Prometheus text exposition format, version 0.0.4.</summary>
internal sealed class PrometheusText(IBufferWriter<byte> output)
{
    public void Write(MetricFamily family)
    {
        var series = family.Ordered();
        if (series.Count == 0) return;
        Line($"# HELP {family.Name} {PrometheusNames.EscapeHelp(family.Help)}");
        Line($"# TYPE {family.Name} {TypeName(family.Kind)}");
        foreach (var one in series)
        {
            if (family.Kind == SeriesKind.Histogram) WriteHistogram(family, one);
            else Sample(family.Name, one.Labels, one.Value);
        }
    }

    private void WriteHistogram(MetricFamily family, Series series)
    {
        var buckets = series.Buckets();
        var comma = series.Labels.Length == 0 ? "" : ",";
        long count = 0;
        for (var i = 0; i < buckets.Length; i++)
        {
            count += buckets[i];
            var bound = i < family.Boundaries!.Length ? Number(family.Boundaries[i]) : "+Inf";
            Sample($"{family.Name}_bucket", $"{series.Labels}{comma}le=\"{bound}\"", count);
        }

        Sample($"{family.Name}_sum", series.Labels, series.Value);
        Sample($"{family.Name}_count", series.Labels, count);
    }

    private void Sample(string name, string labels, double value) =>
        Line(labels.Length == 0 ? $"{name} {Number(value)}" : $"{name}{{{labels}}} {Number(value)}");

    private void Line(string line)
    {
        Encoding.UTF8.GetBytes(line, output);
        output.Write("\n"u8);
    }

    private static string TypeName(SeriesKind kind) => kind switch
    {
        SeriesKind.Counter => "counter",
        SeriesKind.Gauge => "gauge",
        _ => "histogram",
    };

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ when double.IsNaN(value) => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
