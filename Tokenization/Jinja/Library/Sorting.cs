using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja.Library;

/// <summary>Python's sorted(): a stable merge sort. Not the library's own, which wrap what a comparison throws.</summary>
internal static class Sorting
{
    public static T[] Sorted<T>(IEnumerable<T> items, Func<T, object?> key, bool reverse = false)
    {
        var keyed = items.Select(item => (Key: key(item), Item: item)).ToArray();
        var buffer = new (object? Key, T Item)[keyed.Length];
        for (var width = 1; width < keyed.Length; width *= 2)
        {
            for (var start = 0; start < keyed.Length; start += 2 * width) Merge(keyed, buffer, start, width, reverse ? -1 : 1);
            (keyed, buffer) = (buffer, keyed);
        }

        return Array.ConvertAll(keyed, pair => pair.Item);
    }

    private static void Merge<T>((object? Key, T Item)[] from, (object? Key, T Item)[] into, int start, int width, int sign)
    {
        var (left, middle, end) = (start, Math.Min(start + width, from.Length), Math.Min(start + (2 * width), from.Length));
        var right = middle;
        for (var i = start; i < end; i++)
        {
            var takeLeft = left < middle && (right >= end || Compare.Order(from[left].Key, from[right].Key, "<") * sign <= 0);
            into[i] = takeLeft ? from[left++] : from[right++];
        }
    }
}
