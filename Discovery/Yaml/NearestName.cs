namespace OrleansKvRouter.Discovery.Yaml;

/// <summary>Finds the known name that somebody who wrote another probably meant.</summary>
internal static class NearestName
{
    /// <summary>Text that names the nearest of <paramref name="known"/>, and all of them when none is near.</summary>
    public static string Hint(string name, IReadOnlyCollection<string> known)
    {
        if (known.Count == 0) return "no field is known here";
        var nearest = known.MinBy(candidate => Distance(name, candidate))!;
        if (IsNear(name, nearest)) return $"did you mean \"{nearest}\"?";
        var choices = string.Join(", ", known.Order(StringComparer.Ordinal));
        return known.Count == 1 ? $"known here: {choices}" : $"known here: {choices}; the nearest is \"{nearest}\"";
    }

    /// <summary>True when <paramref name="name"/> is probably a misspelling: at most a third of its letters differ.</summary>
    public static bool IsNear(string name, string known) => Distance(name, known) <= Math.Max(1, Math.Min(name.Length, known.Length) / 3.0);

    /// <summary>
    /// Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). A letter in the wrong
    /// case counts a tenth, so that names that differ by case alone are nearest of all.
    /// </summary>
    public static double Distance(string a, string b)
    {
        var rows = new double[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var best = Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + Replace(a[i - 1], b[j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) best = Math.Min(best, rows[i - 2, j - 2] + 1);
                rows[i, j] = best;
            }
        }

        return rows[a.Length, b.Length];
    }

    private static double Replace(char x, char y) => x == y ? 0 : char.ToLowerInvariant(x) == char.ToLowerInvariant(y) ? 0.1 : 1;
}
