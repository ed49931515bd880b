using System.Globalization;
using System.IO.Hashing;
using System.Text;
using OrleansKvRouter.KvIndex.Snapshots.Files;

namespace OrleansKvRouter.Storage.Documents;

/// <summary>
/// A document in a file, for the processes of one machine. Writers come one after another by a lock file; the new version is written under
/// another name, flushed to the disk and renamed over the old one, so that readers, who need no lock, and whoever comes after a crash see one whole version.
/// </summary>
/// <remarks>The file is a line of ASCII, <c>KVROUTER-DOCUMENT 1 VERSION LENGTH HASH</c> (XXH3 of the bytes with the version as its seed, 16 hexadecimal digits), and the bytes.</remarks>
public sealed class FileDocument : IVersionedDocument
{
    private const string Magic = "KVROUTER-DOCUMENT";
    private const string Format = "1";

    /// <summary>How long a writer waits for others, who each take some milliseconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private readonly string _path;

    /// <summary>Makes the file's folder.</summary>
    public FileDocument(string path)
    {
        _path = Path.GetFullPath(path);
        Guard(() => Directory.CreateDirectory(Path.GetDirectoryName(_path)!));
    }

    public Task<VersionedBytes> ReadAsync(CancellationToken cancellation = default) => Task.Run(() => Guard(Read), cancellation);

    public async Task<bool> TryWriteAsync(ReadOnlyMemory<byte> bytes, long expectedVersion, CancellationToken cancellation = default)
    {
        using var held = await LockAsync(cancellation);
        return await Task.Run(() => Guard(() => Write(bytes.Span, expectedVersion)), cancellation);
    }

    private VersionedBytes Read()
    {
        byte[] file;
        try
        {
            file = File.ReadAllBytes(_path);
        }
        catch (FileNotFoundException)
        {
            return default;
        }

        var end = file.AsSpan().IndexOf((byte)'\n');
        var words = end < 0 ? [] : Encoding.ASCII.GetString(file, 0, end).Split(' ');
        var bytes = file.AsMemory(end + 1);
        return words is [Magic, Format, var version, var length, var hash]
            && long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && length == bytes.Length.ToString(CultureInfo.InvariantCulture) && hash == HashOf(bytes.Span, number)
                ? new VersionedBytes(bytes, number)
                : throw new IOException($"{_path} is damaged, or of a newer version of the router");
    }

    private bool Write(ReadOnlySpan<byte> bytes, long expectedVersion)
    {
        if (Read().Version != expectedVersion) return false;
        var draft = _path + ".tmp";
        using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Magic} {Format} {expectedVersion + 1} {bytes.Length} {HashOf(bytes, expectedVersion + 1)}\n")));
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, _path, overwrite: true);
        FolderFlush.Run(Path.GetDirectoryName(_path)!);
        return true;
    }

    private async Task<IDisposable> LockAsync(CancellationToken cancellation)
    {
        var file = _path + ".lock";
        var deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (true)
        {
            var (taken, holder) = Guard(() => LockFile.TryTake(file, out var held, out var other) ? (held, other) : (null, other));
            if (taken is not null) return taken;
            if (Environment.TickCount64 > deadline) throw new IOException($"{file} has been another's for {Patience.TotalSeconds:0} s ({holder})");
            await Task.Delay(Pause, cancellation);
        }
    }

    private static string HashOf(ReadOnlySpan<byte> bytes, long version) => XxHash3.HashToUInt64(bytes, seed: version).ToString("x16", CultureInfo.InvariantCulture);

    private T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{_path}: {e.Message}", e);
        }
    }
}
