using System.Buffers;
using System.Text;

namespace OrleansKvRouter.Tokenization.Normalizers;

/// <summary>
/// Normalization Form C. Text is cut before every inert code point (one that nothing before it can touch); pieces of
/// one code point, nearly all of any text, are copied, and only the others are decomposed, ordered and composed.
/// </summary>
internal sealed class NfcNormalizer : INormalizer
{
    /// <summary>Everything below U+0300 is its own normal form and combines with nothing before it.</summary>
    private const char LastPlain = '\u02FF';

    private static readonly SearchValues<char> Plain = SearchValues.Create([.. Enumerable.Range(0, LastPlain + 1).Select(c => (char)c)]);

    public ReadOnlySpan<char> Normalize(ReadOnlySpan<char> text, CharBuffer scratch)
    {
        scratch.Clear();
        var copied = 0;
        var at = 0;
        while ((at = NextActive(text, at)) < text.Length)
        {
            var start = PieceStart(text, at);
            var end = PieceEnd(text, at);
            scratch.Add(text[copied..start]);
            AddNormalized(text[start..end], scratch);
            (copied, at) = (end, end);
        }

        if (copied == 0) return text;
        scratch.Add(text[copied..]);
        return scratch.Text;
    }

    /// <summary>Index of the first code point at or behind <paramref name="at"/> that is not inert; the text's length for none.</summary>
    private static int NextActive(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length)
        {
            if (text[at] <= LastPlain)
            {
                var skipped = text[at..].IndexOfAnyExcept(Plain);
                if (skipped < 0) return text.Length;
                at += skipped;
            }

            if (CanonicalData.IsInert(text[at])) at++;
            else if (CanonicalData.IsInertCodePoint(CodePointAt(text, at, out var length))) at += length;
            else return at;
        }

        return at;
    }

    private static int PieceStart(ReadOnlySpan<char> text, int active)
    {
        if (active == 0) return 0;
        var isPair = active >= 2 && char.IsSurrogatePair(text[active - 2], text[active - 1]);
        return active - (isPair ? 2 : 1);
    }

    private static int PieceEnd(ReadOnlySpan<char> text, int active)
    {
        var end = active;
        while (end < text.Length)
        {
            var codePoint = CodePointAt(text, end, out var length);
            if (end > active && CanonicalData.IsInertCodePoint(codePoint)) break;
            end += length;
        }

        return end;
    }

    private static void AddNormalized(ReadOnlySpan<char> piece, CharBuffer into)
    {
        // The longest full decomposition has four code points, of a single UTF-16 unit.
        var codePoints = ArrayPool<int>.Shared.Rent(piece.Length * 4);
        var count = Decompose(piece, codePoints);
        Order(codePoints.AsSpan(0, count));
        count = Compose(codePoints.AsSpan(0, count));
        foreach (var codePoint in codePoints.AsSpan(0, count)) into.Add(codePoint);
        ArrayPool<int>.Shared.Return(codePoints);
    }

    private static int Decompose(ReadOnlySpan<char> piece, int[] into)
    {
        var count = 0;
        for (var at = 0; at < piece.Length;)
        {
            var codePoint = CodePointAt(piece, at, out var length);
            at += length;
            if (Hangul.IsSyllable(codePoint))
            {
                count += Hangul.Decompose(codePoint, into.AsSpan(count, 3));
            }
            else if (CanonicalData.Decomposition(codePoint) is { } parts)
            {
                foreach (var part in parts) into[count++] = part;
            }
            else
            {
                into[count++] = codePoint;
            }
        }

        return count;
    }

    /// <summary>Sorts every run of non-starters by combining class, equal ones in the order they came.</summary>
    private static void Order(Span<int> codePoints)
    {
        for (var start = 0; start < codePoints.Length; start++)
        {
            if (CanonicalData.Class(codePoints[start]) == 0) continue;
            var end = start + 1;
            var isOrdered = true;
            for (; end < codePoints.Length && CanonicalData.Class(codePoints[end]) is var next and not 0; end++)
            {
                isOrdered &= CanonicalData.Class(codePoints[end - 1]) <= next;
            }

            if (!isOrdered) OrderRun(codePoints[start..end]);
            start = end;
        }
    }

    private static void OrderRun(Span<int> marks)
    {
        const int codePointBits = 21;
        var pooled = ArrayPool<long>.Shared.Rent(marks.Length);
        var keys = pooled.AsSpan(0, marks.Length);
        for (var i = 0; i < marks.Length; i++)
        {
            keys[i] = ((long)CanonicalData.Class(marks[i]) << 32 | (uint)i) << codePointBits | (uint)marks[i];
        }

        keys.Sort();
        for (var i = 0; i < marks.Length; i++) marks[i] = (int)(keys[i] & ((1 << codePointBits) - 1));
        ArrayPool<long>.Shared.Return(pooled);
    }

    /// <summary>Composes in place; returns how many code points are left.</summary>
    private static int Compose(Span<int> codePoints)
    {
        var (count, starter, lastClass) = (0, -1, 0);
        foreach (var codePoint in codePoints)
        {
            var combiningClass = CanonicalData.Class(codePoint);
            var isReachable = starter >= 0 && (count == starter + 1 || lastClass < combiningClass);
            var composed = isReachable ? ComposePair(codePoints[starter], codePoint) : -1;
            if (composed >= 0)
            {
                codePoints[starter] = composed;
                continue;
            }

            if (combiningClass == 0) starter = count;
            lastClass = combiningClass;
            codePoints[count++] = codePoint;
        }

        return count;
    }

    private static int ComposePair(int first, int second) =>
        Hangul.Compose(first, second) is var syllable and >= 0 ? syllable : CanonicalData.Composition(first, second);

    /// <summary>The code point at <paramref name="at"/>; a lone surrogate reads as U+FFFD, what it becomes in UTF-8.</summary>
    private static int CodePointAt(ReadOnlySpan<char> text, int at, out int length)
    {
        Rune.DecodeFromUtf16(text[at..], out var rune, out length);
        return rune.Value;
    }
}
