using System.Numerics;

namespace OrleansKvRouter.KvIndex.Holders;

/// <summary>
/// A set of holder tags that many blocks share. Its content is immutable and any thread may read it; what else it
/// has is the writer's own.
/// </summary>
/// <param name="id">Its number in <see cref="HolderSets"/>.</param>
/// <param name="first">The position of the first word that is not 0, in words of 64 tags.</param>
/// <param name="words">From the first to the last word that is not 0.</param>
internal sealed class HolderSet(int id, int first, ulong[] words)
{
    public int Id => id;

    public int First => first;

    public ReadOnlySpan<ulong> Words => words;

    /// <summary>One more than the position of the last word that is not 0.</summary>
    public int End => first + words.Length;

    /// <summary>Entries that have this set.</summary>
    public int References { get; set; }

    /// <summary>In the list of those that may have no references.</summary>
    public bool IsIdle { get; set; }

    /// <summary>The number of the same set without retired tags, found out at <see cref="CleanedAt"/>.</summary>
    public int CleanedAs { get; set; }

    public long CleanedAt { get; set; } = -1;

    public bool Contains(int tag) => (WordAt(tag >> 6) >> (tag & 63) & 1) != 0;

    /// <summary>The tags 64 × <paramref name="position"/> and the 63 after it.</summary>
    public ulong WordAt(int position) => (uint)(position - first) < (uint)words.Length ? words[position - first] : 0;

    /// <summary>True when some tag is not among <paramref name="tags"/>.</summary>
    public bool HasOtherThan(ReadOnlySpan<ulong> tags)
    {
        for (var i = 0; i < words.Length; i++)
        {
            if ((words[i] & ~(first + i < tags.Length ? tags[first + i] : 0)) != 0) return true;
        }

        return false;
    }

    public static int LowestTag(int position, ulong word) => (position << 6) | BitOperations.TrailingZeroCount(word);
}
