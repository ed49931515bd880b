using OrleansKvRouter.KvIndex.Snapshots;

namespace OrleansKvRouter.Tests.KvIndex.Snapshots;

/// <summary>A store whose blobs a test can damage.</summary>
internal sealed class MemoryStore : ISnapshotStore
{
    public SortedDictionary<string, byte[]> Blobs { get; private init; } = new(StringComparer.Ordinal);

    /// <summary>What was set aside.</summary>
    public List<string> Aside { get; } = [];

    public string Place => "memory";

    public MemoryStore Clone() => new() { Blobs = new SortedDictionary<string, byte[]>(Blobs, StringComparer.Ordinal) };

    public IReadOnlyList<StoredBlob> List() => [.. Blobs.Select(blob => new StoredBlob(blob.Key, blob.Value.Length))];

    public ISnapshotBlob Create(string name) => new Blob(this, name);

    public ISnapshotBlobReader Open(string name) => Blobs.TryGetValue(name, out var bytes) ? new Reader(name, bytes) : throw new IOException($"there is no {name}");

    public void Delete(string name) => Blobs.Remove(name);

    public string SetAside(string name)
    {
        Blobs.Remove(name);
        Aside.Add(name);
        return name + " (aside)";
    }

    public void Dispose()
    {
    }

    private sealed class Blob(MemoryStore store, string name) : ISnapshotBlob
    {
        private readonly MemoryStream _bytes = new();

        public void Append(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

        public void Commit() => store.Blobs[name] = _bytes.ToArray();

        public void Dispose() => _bytes.Dispose();
    }

    private sealed class Reader(string name, byte[] all) : ISnapshotBlobReader
    {
        public long Length => all.Length;

        public void Read(long offset, Span<byte> bytes)
        {
            if (offset + bytes.Length > all.Length) throw new EndOfStreamException($"{name} ends too soon");
            all.AsSpan((int)offset, bytes.Length).CopyTo(bytes);
        }

        public void Dispose()
        {
        }
    }
}
