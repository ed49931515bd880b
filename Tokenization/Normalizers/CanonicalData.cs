using System.Globalization;

namespace OrleansKvRouter.Tokenization.Normalizers;

/// <summary>
/// Canonical combining classes, decompositions and compositions. They come from <c>canonical.txt</c> and not from
/// <see cref="string.Normalize()"/>, because Hugging Face tokenizers normalize by Unicode 9: some hundred marks that
/// were assigned later have a class in .NET's data (and in each ICU release another set) and none there.
/// </summary>
internal static class CanonicalData
{
    private const int PageBits = 7;
    private static readonly byte[][] Classes = new byte[(0x110000 >> PageBits)][];
    private static readonly Dictionary<int, int[]> Decompositions = [];
    private static readonly Dictionary<long, int> Compositions = [];
    private static readonly ulong[] Inert = new ulong[0x10000 / 64];
    private static readonly HashSet<int> ActiveSupplementary = [];

    static CanonicalData()
    {
        Array.Fill(Classes, new byte[1 << PageBits]);
        Array.Fill(Inert, ulong.MaxValue);
        using var stream = typeof(CanonicalData).Assembly.GetManifestResourceStream("canonical.txt")!;
        using var reader = new StreamReader(stream);
        List<(int Code, int[] Parts)> composed = [];
        while (reader.ReadLine() is { } line)
        {
            if (!line.StartsWith('#')) Read(line.Split(' '), composed);
        }

        // All but the last part of a decomposition compose into the first half of the primary composition; these
        // halves have shorter decompositions, so that going by length finds them ready.
        foreach (var (code, parts) in composed.OrderBy(c => c.Parts.Length)) AddComposition(code, parts);
        for (var i = 0; i < Hangul.Vowels; i++) SetActive(Hangul.VowelBase + i);
        for (var i = 1; i < Hangul.Trails; i++) SetActive(Hangul.TrailBase + i);
        for (var surrogate = 0xD800; surrogate < 0xDC00; surrogate++) SetActive(surrogate);
    }

    /// <summary>The canonical combining class; 0 for a starter.</summary>
    public static int Class(int codePoint) => Classes[codePoint >> PageBits][codePoint & ((1 << PageBits) - 1)];

    /// <summary>The full canonical decomposition; null where the code point stands for itself. Hangul is not in it.</summary>
    public static int[]? Decomposition(int codePoint) => Decompositions.GetValueOrDefault(codePoint);

    /// <summary>The code point that <paramref name="first"/> and <paramref name="second"/> compose into; -1 for none.</summary>
    public static int Composition(int first, int second) =>
        Compositions.TryGetValue((long)first << 32 | (uint)second, out var composed) ? composed : -1;

    /// <summary>
    /// True where the UTF-16 unit can neither change nor be changed by what stands before it: class 0, its own normal
    /// form, never the second half of a composition. High surrogates are looked at by code point instead.
    /// </summary>
    public static bool IsInert(char unit) => (Inert[unit >> 6] >> (unit & 63) & 1) != 0;

    /// <summary>As <see cref="IsInert(char)"/>, for any code point.</summary>
    public static bool IsInertCodePoint(int codePoint) =>
        codePoint < 0x10000 ? IsInert((char)codePoint) : !ActiveSupplementary.Contains(codePoint);

    private static void Read(string[] fields, List<(int Code, int[] Parts)> composed)
    {
        var code = Hex(fields[0]);
        if (fields[1] is not ("=" or "<"))
        {
            for (var c = code; c <= Hex(fields[1]); c++) SetClass(c, byte.Parse(fields[2], CultureInfo.InvariantCulture));
            return;
        }

        var parts = Array.ConvertAll(fields[2..], Hex);
        Decompositions[code] = parts;
        if (fields[1] == "=") composed.Add((code, parts));
        else SetActive(code);
    }

    private static void AddComposition(int code, int[] parts)
    {
        var first = parts[0];
        for (var i = 1; i < parts.Length - 1; i++) first = Composition(first, parts[i]);
        Compositions[(long)first << 32 | (uint)parts[^1]] = code;
        SetActive(parts[^1]);
    }

    private static void SetClass(int codePoint, byte combiningClass)
    {
        ref var page = ref Classes[codePoint >> PageBits];
        if (ReferenceEquals(page, Classes[0])) page = new byte[1 << PageBits];
        page[codePoint & ((1 << PageBits) - 1)] = combiningClass;
        SetActive(codePoint);
    }

    private static void SetActive(int codePoint)
    {
        if (codePoint < 0x10000) Inert[codePoint >> 6] &= ~(1UL << (codePoint & 63));
        else ActiveSupplementary.Add(codePoint);
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
