using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace OrleansKvRouter.EppService.Admin.Prometheus;

/// <summary>
/// From instrument names to Prometheus names, by the rules of OpenTelemetry's "Prometheus and OpenMetrics
/// compatibility" specification: dots become underscores, the unit is a suffix, counters end in <c>_total</c>.
/// </summary>
internal static class PrometheusNames
{
    public static string MetricName(Instrument instrument, SeriesKind kind)
    {
        var name = Sanitize(instrument.Name);
        if (kind == SeriesKind.Counter) name = WithoutSuffix(name, "_total");
        var unit = UnitSuffix(instrument.Unit, kind);
        if (unit.Length > 0 && !name.EndsWith("_" + unit, StringComparison.Ordinal)) name = $"{name}_{unit}";
        return kind == SeriesKind.Counter ? name + "_total" : name;
    }

    /// <summary>Keeps letters, digits and underscores; whatever else stands for itself as an underscore.</summary>
    public static string Sanitize(string name)
    {
        var clean = new StringBuilder(name.Length);
        foreach (var c in name) clean.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        if (clean.Length == 0 || char.IsAsciiDigit(clean[0])) clean.Insert(0, '_');
        return clean.ToString();
    }

    /// <summary>The labels sorted by name, values escaped: <c>a="1",b="x\"y"</c>. Of two labels with one name the last given counts.</summary>
    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty) return "";
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in tags) sorted[Sanitize(name)] = Escape(ValueText(value));
        return string.Join(',', sorted.Select(label => $"{label.Key}=\"{label.Value}\""));
    }

    /// <summary>Escapes a help text: a line break or backslash would end the line or begin an escape.</summary>
    public static string EscapeHelp(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Escape(string value) => EscapeHelp(value).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static string ValueText(object? value) => value switch
    {
        null => "",
        bool truth => truth ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string UnitSuffix(string? unit, SeriesKind kind) => unit switch
    {
        null or "" => "",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "By" => "bytes",
        "%" => "percent",
        "1" => kind == SeriesKind.Gauge ? "ratio" : "",
        // {request} and the like only say what is counted.
        _ when unit[0] == '{' => "",
        _ => Sanitize(unit),
    };

    private static string WithoutSuffix(string name, string suffix) =>
        name.EndsWith(suffix, StringComparison.Ordinal) ? name[..^suffix.Length] : name;
}
