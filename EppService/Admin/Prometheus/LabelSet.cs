using System.Diagnostics.CodeAnalysis;

namespace OrleansKvRouter.EppService.Admin.Prometheus;

/// <summary>The tags of one series, compared without regard to their order.</summary>
internal sealed record LabelSet(KeyValuePair<string, object?>[] Tags);

/// <summary>
/// Compares label sets, and finds one for the tags of a measurement as they lie on the caller's stack: a
/// measurement of a known series allocates nothing.
/// </summary>
internal sealed class LabelSetComparer : IEqualityComparer<LabelSet>, IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, LabelSet>
{
    public static LabelSetComparer Instance { get; } = new();

    public bool Equals(LabelSet? x, LabelSet? y) => ReferenceEquals(x, y) || (x is not null && y is not null && Equals(x.Tags.AsSpan(), y));

    public int GetHashCode([DisallowNull] LabelSet obj) => GetHashCode(obj.Tags.AsSpan());

    public LabelSet Create(ReadOnlySpan<KeyValuePair<string, object?>> alternate) => new(alternate.ToArray());

    public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> alternate, LabelSet other)
    {
        if (alternate.Length != other.Tags.Length) return false;
        foreach (var tag in alternate)
        {
            if (!Contains(other.Tags, tag)) return false;
        }

        return true;
    }

    public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> alternate)
    {
        // A sum, because order does not count.
        var hash = 0;
        foreach (var (name, value) in alternate) hash += HashCode.Combine(name, value);
        return hash;
    }

    private static bool Contains(KeyValuePair<string, object?>[] tags, KeyValuePair<string, object?> wanted)
    {
        foreach (var (name, value) in tags)
        {
            if (name == wanted.Key && Equals(value, wanted.Value)) return true;
        }

        return false;
    }
}
