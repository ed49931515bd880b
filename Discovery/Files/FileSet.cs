using System.Security.Cryptography;
using System.Text;
using OrleansKvRouter.Contracts.Resources;

namespace OrleansKvRouter.Discovery.Files;

/// <summary>The contents of all resource files at one moment, and a fingerprint by which two moments compare.</summary>
/// <param name="Files">Path as given and contents, in the order in which they are read.</param>
/// <param name="Faults">Paths that could not be read.</param>
/// <param name="Fingerprint">Equal for equal paths, contents and faults.</param>
internal sealed record FileSet(IReadOnlyList<(string Path, byte[] Bytes)> Files, IReadOnlyList<ResourceIssue> Faults, string Fingerprint)
{
    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    /// <summary>
    /// Reads files, and of folders the files in them (not in folders below) that are called *.yaml, *.yml or *.json and are
    /// not hidden, by name. Symbolic links are followed, which is how Kubernetes mounts a ConfigMap.
    /// </summary>
    public static FileSet Read(IReadOnlyList<string> paths)
    {
        var files = new List<(string, byte[])>();
        var faults = new List<ResourceIssue>();
        foreach (var path in paths.SelectMany(path => Expand(path, faults)).DistinctBy(Path.GetFullPath))
        {
            try
            {
                files.Add((path, File.ReadAllBytes(path)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                faults.Add(new ResourceIssue { File = path, What = $"cannot be read: {e.Message}" });
            }
        }

        return new FileSet(files, faults, FingerprintOf(files, faults));
    }

    private static IReadOnlyList<string> Expand(string path, List<ResourceIssue> faults)
    {
        if (!Directory.Exists(path)) return [path];
        try
        {
            return [.. Directory.EnumerateFiles(path).Where(IsResource).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add(new ResourceIssue { File = path, What = $"cannot be listed: {e.Message}" });
            return [];
        }
    }

    private static bool IsResource(string path) =>
        !Path.GetFileName(path).StartsWith('.') && Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    private static string FingerprintOf(List<(string Path, byte[] Bytes)> files, List<ResourceIssue> faults)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (path, bytes) in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{path}\n{bytes.Length}\n"));
            hash.AppendData(bytes);
        }

        foreach (var fault in faults) hash.AppendData(Encoding.UTF8.GetBytes($"{fault}\n"));
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
