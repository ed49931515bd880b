using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Hashing;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Snapshots.Records;

namespace OrleansKvRouter.KvIndex.Snapshots;

/// <summary>
/// Finds the newest generation of a store that is whole. Every byte of it is checked before anything is believed; what is
/// damaged or strange is set aside, and the generation before takes its place.
/// </summary>
public static class SnapshotReader
{
    /// <param name="store">Where to look.</param>
    /// <param name="refuse">Says what is against a manifest that is whole; null for nothing.</param>
    /// <param name="faults">What was set aside, and why.</param>
    /// <returns>The snapshot; null where there is none (left).</returns>
    public static LoadedSnapshot? Read(ISnapshotStore store, Func<SnapshotManifest, Fault?> refuse, ICollection<Fault> faults)
    {
        var generations = store.List().Select(blob => BlobNames.GenerationOfManifest(blob.Name)).OfType<long>().OrderDescending();
        foreach (var generation in generations)
        {
            if (TryRead(store, generation, refuse).Try(out var loaded, out var fault)) return loaded;
            var name = BlobNames.Manifest(generation);
            faults.Add(new Fault($"snapshot {name} in {store.Place} is not used: {fault.What}", $"{(fault.Mend.Length > 0 ? fault.Mend + "; " : "")}it was set aside as {store.SetAside(name)}"));
        }

        return null;
    }

    private static Expected<LoadedSnapshot> TryRead(ISnapshotStore store, long generation, Func<SnapshotManifest, Fault?> refuse)
    {
        try
        {
            if (!ManifestEnvelope.Read(ReadAll(store, BlobNames.Manifest(generation))).Try(out var manifest, out var fault)) return fault;
            if (manifest.Generation != generation) return new Fault($"it says that it is generation {manifest.Generation}");
            if (refuse(manifest) is { } refused) return refused;
            using var segments = new OpenSegments(store);
            var records = new BlockRecord[manifest.Blocks.Count];
            var maps = new ConcurrentDictionary<RecordPlace, byte[]>();
            var damage = new ConcurrentBag<Fault>();
            Parallel.For(0, manifest.Blocks.Count, i =>
            {
                if (segments.Read(manifest.Blocks[i], bytes => BlockRecord.Read(bytes, manifest.Holders.Count)).Try(out var record, out var damaged)) records[i] = record;
                else damage.Add(damaged);
            });
            Parallel.ForEach(manifest.Places.Skip(manifest.Blocks.Count), place =>
            {
                if (segments.Read(place, bytes => bytes.ToArray()).Try(out var bytes, out var damaged)) maps[place] = bytes;
                else damage.Add(damaged);
            });
            if (damage.TryTake(out var first)) return first;
            var blocks = records.Sum(record => (long)record.Keys.Length);
            return blocks == manifest.BlockCount ? new LoadedSnapshot(manifest, records, maps) : new Fault($"it should have {manifest.BlockCount} blocks, and has {blocks}");
        }
        catch (IOException e)
        {
            return new Fault(e.Message);
        }
    }

    private static byte[] ReadAll(ISnapshotStore store, string name)
    {
        using var blob = store.Open(name);
        var bytes = new byte[blob.Length];
        blob.Read(0, bytes);
        return bytes;
    }

    private sealed class OpenSegments(ISnapshotStore store) : IDisposable
    {
        private readonly ConcurrentDictionary<long, Lazy<ISnapshotBlobReader>> _open = new();

        public delegate T? Reading<T>(ReadOnlySpan<byte> bytes);

        /// <summary>The record at a place, read from bytes that have the right hash.</summary>
        public Expected<T> Read<T>(RecordPlace place, Reading<T> read)
            where T : class
        {
            var rented = Array.Empty<byte>();
            try
            {
                var segment = _open.GetOrAdd(place.Segment, generation => new Lazy<ISnapshotBlobReader>(() => store.Open(BlobNames.Segment(generation)))).Value;
                if (place.Offset < 0 || place.Length < 0 || place.Offset > segment.Length - place.Length) return Damaged(place, "ends before its record does");
                rented = ArrayPool<byte>.Shared.Rent(place.Length);
                var bytes = rented.AsSpan(0, place.Length);
                segment.Read(place.Offset, bytes);
                if (XxHash3.HashToUInt64(bytes) != place.Hash) return Damaged(place, "has other bytes than were written");
                return read(bytes) is { } record ? Expected.Of(record) : Damaged(place, "has a record that cannot be understood");
            }
            catch (IOException e)
            {
                return new Fault(e.Message);
            }
            finally
            {
                if (rented.Length > 0) ArrayPool<byte>.Shared.Return(rented);
            }
        }

        public void Dispose()
        {
            foreach (var segment in _open.Values)
            {
                if (segment.IsValueCreated) segment.Value.Dispose();
            }
        }

        private static Fault Damaged(in RecordPlace place, string what) => new($"its part {BlobNames.Segment(place.Segment)} {what} (at byte {place.Offset})");
    }
}

/// <summary>A generation that was found whole.</summary>
public sealed class LoadedSnapshot
{
    private readonly IReadOnlyList<BlockRecord> _blocks;
    private readonly IReadOnlyDictionary<RecordPlace, byte[]> _maps;

    internal LoadedSnapshot(SnapshotManifest manifest, IReadOnlyList<BlockRecord> blocks, IReadOnlyDictionary<RecordPlace, byte[]> maps) =>
        (Manifest, _blocks, _maps) = (manifest, blocks, maps);

    public SnapshotManifest Manifest { get; }

    /// <summary>The bytes of a record beside those of the blocks.</summary>
    public ReadOnlySpan<byte> Record(RecordPlace place) => _maps[place];

    /// <summary>Stores the blocks in an index.</summary>
    /// <param name="index">Usually an empty one.</param>
    /// <param name="holders">By their numbers in the manifest, who the holders are in this index; null for those who are gone.</param>
    public void LoadInto(InMemoryBlockIndex index, IReadOnlyList<HolderId?> holders)
    {
        var here = holders.ToArray();
        foreach (var record in _blocks) index.Load(record, here);
    }
}
