using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvIndex.Snapshots.Records;

/// <summary>Neighbouring blocks with the same holders.</summary>
internal record struct BlockRun(int Set, int Length);

/// <summary>A holder has a block so many times more than once.</summary>
internal readonly record struct RecordedCopies(int Block, int Holder, int More);

/// <summary>
/// A record of blocks as it was read (docs/snapshots.md): five counts, then per holder set its number of holders and
/// their numbers in the manifest, then runs, copies beyond the first, and the keys, all little-endian.
/// </summary>
internal sealed class BlockRecord
{
    private const int Counts = 5;

    private BlockRecord(int[][] sets, BlockRun[] runs, RecordedCopies[] more, BlockKey[] keys) => (Sets, Runs, More, Keys) = (sets, runs, more, keys);

    /// <summary>The holders of each set.</summary>
    public int[][] Sets { get; }

    public BlockRun[] Runs { get; }

    public RecordedCopies[] More { get; }

    public BlockKey[] Keys { get; }

    /// <summary>Null when the bytes are no such record, or name a holder that there is not.</summary>
    public static BlockRecord? Read(ReadOnlySpan<byte> bytes, int holders)
    {
        if (bytes.Length < Counts * sizeof(int)) return null;
        Span<int> counts = stackalloc int[Counts];
        for (var i = 0; i < Counts; i++)
        {
            counts[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(i * sizeof(int))..]);
            if (counts[i] < 0) return null;
        }

        var (sets, words, runs, keys, more) = (counts[0], counts[1], counts[2], counts[3], counts[4]);
        var rest = bytes[(Counts * sizeof(int))..];
        if (rest.Length != (4L * words) + (8L * runs) + (12L * more) + (8L * keys) || sets > words) return null;
        if (ReadSets(Cut<int>(ref rest, words), sets, holders) is not { } members) return null;
        var record = new BlockRecord(members, [.. Cut<BlockRun>(ref rest, runs)], [.. Cut<RecordedCopies>(ref rest, more)], [.. Cut<BlockKey>(ref rest, keys)]);
        return record.IsWhole(holders) ? record : null;
    }

    private static int[][]? ReadSets(ReadOnlySpan<int> words, int sets, int holders)
    {
        var members = new int[sets][];
        for (var i = 0; i < sets; i++)
        {
            if (words.IsEmpty || words[0] < 1 || words[0] > words.Length - 1) return null;
            members[i] = words.Slice(1, words[0]).ToArray();
            if (members[i].AsSpan().ContainsAnyExceptInRange(0, holders - 1)) return null;
            words = words[(words[0] + 1)..];
        }

        return words.IsEmpty ? members : null;
    }

    private bool IsWhole(int holders)
    {
        var blocks = 0L;
        foreach (var run in Runs)
        {
            if ((uint)run.Set >= (uint)Sets.Length || run.Length < 1) return false;
            blocks += run.Length;
        }

        foreach (var more in More)
        {
            if ((uint)more.Block >= (uint)Keys.Length || (uint)more.Holder >= (uint)holders || more.More < 1) return false;
        }

        return blocks == Keys.Length;
    }

    private static ReadOnlySpan<T> Cut<T>(ref ReadOnlySpan<byte> bytes, int count)
        where T : unmanaged
    {
        var length = count * Unsafe.SizeOf<T>();
        var values = MemoryMarshal.Cast<byte, T>(bytes[..length]);
        bytes = bytes[length..];
        return values;
    }
}
