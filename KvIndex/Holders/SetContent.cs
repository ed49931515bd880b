using System.Diagnostics.CodeAnalysis;

namespace OrleansKvRouter.KvIndex.Holders;

/// <summary>The content of a holder set that may exist already: words of 64 tags, of which the first stands at <paramref name="first"/>.</summary>
internal readonly ref struct SetContent(int first, ReadOnlySpan<ulong> words)
{
    public int First { get; } = first;

    public ReadOnlySpan<ulong> Words { get; } = words;

    /// <summary>Without the zeros at both ends.</summary>
    public static SetContent Trim(ReadOnlySpan<ulong> words)
    {
        var first = words.IndexOfAnyExcept(0UL);
        return first < 0 ? new SetContent(0, []) : new SetContent(first, words[first..(words.LastIndexOfAnyExcept(0UL) + 1)]);
    }

    /// <summary>Finds a set by its content, before there is a set.</summary>
    public sealed class Comparer : IEqualityComparer<HolderSet>, IAlternateEqualityComparer<SetContent, HolderSet>
    {
        public bool Equals(HolderSet? x, HolderSet? y) => ReferenceEquals(x, y);

        public bool Equals(SetContent content, HolderSet set) => content.First == set.First && content.Words.SequenceEqual(set.Words);

        public int GetHashCode([DisallowNull] HolderSet set) => GetHashCode(new SetContent(set.First, set.Words));

        public int GetHashCode(SetContent content)
        {
            var hash = (ulong)content.First;
            foreach (var word in content.Words) hash = (ulong.RotateLeft(hash, 5) ^ word) * 0x9E3779B97F4A7C15;
            return (int)(hash >> 32);
        }

        public HolderSet Create(SetContent content) => new(0, content.First, content.Words.ToArray());
    }
}
