using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace OrleansKvRouter.KvIndex.Snapshots.Files;

/// <summary>
/// Snapshots as files of one folder. A file is written under another name, flushed to the disk and renamed, and then the
/// folder is flushed: after a crash it is there whole or not at all.
/// </summary>
public sealed class FileSnapshotStore : ISnapshotStore
{
    private const string Unfinished = ".tmp";
    private const string Aside = ".set-aside";
    private const int MaxAside = 16;

    private readonly string _folder;
    private readonly IDisposable? _held;

    /// <summary>Makes the folder, and deletes what a crash left unfinished.</summary>
    /// <param name="folder">Of the blobs.</param>
    /// <param name="held">The lock that is given back with the store.</param>
    public FileSnapshotStore(string folder, IDisposable? held = null)
    {
        (_folder, _held) = (Path.GetFullPath(folder), held);
        Guard(_folder, () =>
        {
            Directory.CreateDirectory(_folder);
            foreach (var file in Directory.EnumerateFiles(_folder, "*" + Unfinished)) File.Delete(file);
            return true;
        });
    }

    public string Place => _folder;

    public IReadOnlyList<StoredBlob> List() => Guard<IReadOnlyList<StoredBlob>>(_folder, () =>
    [
        .. from file in new DirectoryInfo(_folder).EnumerateFiles()
           where !file.Name.EndsWith(Unfinished, StringComparison.Ordinal) && !file.Name.Contains(Aside, StringComparison.Ordinal) && !LockFile.Owns(file.Name)
           select new StoredBlob(file.Name, file.Length),
    ]);

    public ISnapshotBlob Create(string name) => Guard(PathOf(name), () => new Blob(PathOf(name)));

    public ISnapshotBlobReader Open(string name) => Guard(PathOf(name), () => new Reader(PathOf(name)));

    public void Delete(string name) => Guard(PathOf(name), () =>
    {
        File.Delete(PathOf(name));
        return true;
    });

    public string SetAside(string name) => Guard(PathOf(name), () =>
    {
        // Above all numbers that there are: one that was deleted is not given again while younger ones are kept.
        var last = Directory.EnumerateFiles(_folder, name + Aside + "-*").Select(path => int.TryParse(path.AsSpan(path.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).DefaultIfEmpty().Max();
        var aside = string.Create(CultureInfo.InvariantCulture, $"{PathOf(name)}{Aside}-{last + 1}");
        File.Move(PathOf(name), aside);
        foreach (var old in new DirectoryInfo(_folder).EnumerateFiles("*" + Aside + "*").OrderByDescending(file => file.LastWriteTimeUtc).Skip(MaxAside)) old.Delete();
        return aside;
    });

    public void Dispose() => _held?.Dispose();

    private string PathOf(string name) => Path.Combine(_folder, name);

    private static T Guard<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{path}: {e.Message}", e);
        }
    }

    private sealed class Blob : ISnapshotBlob
    {
        private readonly string _path;
        private readonly FileStream _file;
        private bool _committed;

        public Blob(string path)
        {
            _path = path;
            _file = new FileStream(path + Unfinished, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        }

        public void Append(ReadOnlySpan<byte> bytes) => _file.Write(bytes);

        public void Commit()
        {
            _file.Flush(flushToDisk: true);
            _file.Dispose();
            File.Move(_path + Unfinished, _path, overwrite: true);
            _committed = true;
            FolderFlush.Run(Path.GetDirectoryName(_path)!);
        }

        public void Dispose()
        {
            if (_committed) return;
            try
            {
                // Writes what is left in its buffer, which a full disk does not take.
                _file.Dispose();
            }
            finally
            {
                File.Delete(_path + Unfinished);
            }
        }
    }

    private sealed class Reader(string path) : ISnapshotBlobReader
    {
        private readonly SafeFileHandle _file = File.OpenHandle(path);

        public long Length => RandomAccess.GetLength(_file);

        public void Read(long offset, Span<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                var read = RandomAccess.Read(_file, bytes, offset);
                if (read == 0) throw new EndOfStreamException($"{path} ends too soon");
                offset += read;
                bytes = bytes[read..];
            }
        }

        public void Dispose() => _file.Dispose();
    }
}
