using System.Diagnostics.CodeAnalysis;

namespace OrleansKvRouter.KvIndex.Snapshots.Files;

/// <summary>
/// A file that one process at a time holds; the system takes it back when the process ends, however that ends. It is never
/// deleted: whoever waited for a deleted one would hold another file than the next comer. A file beside it says who holds it, because .NET opens none that is held.
/// </summary>
internal static class LockFile
{
    /// <summary>In the folder of a place. No blob, and no encoded part of a place, has that name.</summary>
    public const string Name = "%lock";

    private const string HolderFile = ".holder";

    private const int WouldBlockOnLinux = 11;
    private const int WouldBlockOnMac = 35;
    private const int SharingViolationOnWindows = unchecked((int)0x80070020);

    /// <summary>Whether a file of a place's folder belongs to its lock.</summary>
    public static bool Owns(string name) => name is Name or Name + HolderFile;

    /// <summary>False when another has it: <paramref name="holder"/> then says who, or is empty where it does not say.</summary>
    public static bool TryTake(string path, [NotNullWhen(true)] out FileStream? taken, out string holder)
    {
        (taken, holder) = (null, "");
        try
        {
            taken = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException e) when (e.HResult is WouldBlockOnLinux or WouldBlockOnMac or SharingViolationOnWindows)
        {
            holder = HolderOf(path);
            return false;
        }

        try
        {
            File.WriteAllText(path + HolderFile, ProcessName.Now());
            return true;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    private static string HolderOf(string path)
    {
        try
        {
            return File.ReadAllText(path + HolderFile);
        }
        catch (IOException)
        {
            // He has taken it just now, and not written down who he is.
            return "";
        }
    }
}
