using System.Buffers.Binary;
using System.Runtime.InteropServices;
using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.KvIndex.Snapshots.Records;

namespace OrleansKvRouter.KvEvents.Snapshots;

/// <summary>
/// A map of an engine's blocks as records (docs/snapshots.md): each has up to <see cref="MaxBlocks"/> blocks, as a count and then
/// their hashes, keys, chain states and copies in flat arrays, all little-endian.
/// </summary>
internal static class MapRecords
{
    private const int MaxBlocks = 1 << 15;

    public static MapPart Write(MapContent content, SnapshotSession session)
    {
        var places = new List<RecordPlace>();
        var buffer = new List<byte>();
        for (var from = 0; from < content.Count; from += MaxBlocks)
        {
            var count = Math.Min(MaxBlocks, content.Count - from);
            buffer.Clear();
            Append(buffer, [count]);
            Append(buffer, content.Hashes.AsSpan(from, count));
            Append(buffer, content.Keys.AsSpan(from * content.KeysPerBlock, count * content.KeysPerBlock));
            Append(buffer, content.States.AsSpan(from * content.StateBytes, count * content.StateBytes));
            Append(buffer, content.Copies.AsSpan(from * Tiers.Count, count * Tiers.Count));
            places.Add(session.Append(CollectionsMarshal.AsSpan(buffer)));
        }

        return new MapPart(content.KeysPerBlock, content.StateBytes, places);
    }

    /// <summary>Null when the records are not what such a map is written as.</summary>
    public static MapContent? Read(MapPart record, LoadedSnapshot snapshot, int stateBytes)
    {
        if (record.KeysPerBlock is < 1 or > MappedBlocks.MaxKeysPerBlock || record.StateBytes != stateBytes) return null;
        var total = 0;
        var blockBytes = 8 + (8 * record.KeysPerBlock) + record.StateBytes + (2 * Tiers.Count);
        foreach (var place in record.Places)
        {
            var bytes = snapshot.Record(place);
            if (bytes.Length < 4) return null;
            var count = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            if (count is < 1 or > MaxBlocks || bytes.Length != 4 + ((long)count * blockBytes)) return null;
            total += count;
        }

        var content = new MapContent(record.KeysPerBlock, record.StateBytes, total);
        var from = 0;
        foreach (var place in record.Places)
        {
            var bytes = snapshot.Record(place);
            var count = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            bytes = bytes[4..];
            Cut(ref bytes, content.Hashes.AsSpan(from, count));
            Cut(ref bytes, content.Keys.AsSpan(from * content.KeysPerBlock, count * content.KeysPerBlock));
            Cut(ref bytes, content.States.AsSpan(from * content.StateBytes, count * content.StateBytes));
            Cut(ref bytes, content.Copies.AsSpan(from * Tiers.Count, count * Tiers.Count));
            from += count;
        }

        return content;
    }

    private static void Append<T>(List<byte> buffer, ReadOnlySpan<T> values)
        where T : unmanaged => buffer.AddRange(MemoryMarshal.AsBytes(values));

    private static void Cut<T>(ref ReadOnlySpan<byte> bytes, Span<T> to)
        where T : unmanaged
    {
        var target = MemoryMarshal.AsBytes(to);
        bytes[..target.Length].CopyTo(target);
        bytes = bytes[target.Length..];
    }
}
