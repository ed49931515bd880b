using System.Numerics;
using System.Runtime.InteropServices;

namespace OrleansKvRouter.KvIndex.Holders;

/// <summary>
/// A set of holder tags that many blocks share: those words of 64 tags that are not 0, in order of their places. Its content is
/// immutable and any thread may read it; what else its record has is the writer's own.
/// </summary>
internal readonly unsafe struct HolderSet(HolderSet.Record* record)
{
    /// <summary>Of a record; a set of up to four words fits into one, which is a cache line.</summary>
    public const int LineBytes = 64;

    private const int HeadBytes = 24;

    /// <summary>Words that are not 0.</summary>
    public int Count => record->Count;

    public ReadOnlySpan<ulong> Words => new(Content, record->Count);

    /// <summary>Of each word: tags 64 × place and the 63 after it.</summary>
    public ReadOnlySpan<ushort> Places => new(Content + record->Count, record->Count);

    public Record* Head => record;

    /// <summary>
    /// Words and places by one look at how many there are. For walks: under one, the record may become another set's, and what is
    /// read is then of no use, but within the record. The walk is done again.
    /// </summary>
    public void Read(out ReadOnlySpan<ulong> words, out ReadOnlySpan<ushort> places)
    {
        var count = Volatile.Read(ref record->Count);
        words = new ReadOnlySpan<ulong>(Content, count);
        places = new ReadOnlySpan<ushort>(Content + count, count);
    }

    private ulong* Content => (ulong*)((byte*)record + HeadBytes);

    public static int LinesFor(int words) => (HeadBytes + (words * (sizeof(ulong) + sizeof(ushort))) + LineBytes - 1) / LineBytes;

    public static int LowestTag(int place, ulong word) => (place << 6) | BitOperations.TrailingZeroCount(word);

    public bool Contains(int tag)
    {
        var at = Places.IndexOf((ushort)(tag >> 6));
        return at >= 0 && (Words[at] >> (tag & 63) & 1) != 0;
    }

    public void Write(ReadOnlySpan<ulong> words, ReadOnlySpan<ushort> places)
    {
        record->Count = (ushort)words.Length;
        words.CopyTo(new Span<ulong>(Content, words.Length));
        places.CopyTo(new Span<ushort>(Content + words.Length, words.Length));
    }

    /// <summary>What stands before the words.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Record
    {
        /// <summary>Entries that have this set.</summary>
        public int References;

        /// <summary>Of the content.</summary>
        public uint Hash;

        /// <summary>The number of the same set without retired tags, found out at <see cref="CleanedAt"/>.</summary>
        public uint CleanedAs;
        public uint CleanedAt;
        public ushort Count;

        /// <summary>The record occupies 2 to this power lines.</summary>
        public byte SizeClass;

        /// <summary>In the list of those that may have no references.</summary>
        public byte IsIdle;

        /// <summary>The next set with the same place in the table of contents.</summary>
        public uint Next;
    }
}
