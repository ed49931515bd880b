using System.Diagnostics;
using System.Globalization;

namespace OrleansKvRouter.Tests.EppService.Snapshots;

/// <summary>
/// A disk of its own for one program, small enough to fill: memory, mounted where only that program sees it. The tests look into it
/// through the program's root in <c>/proc</c>.
/// </summary>
internal sealed class PrivateDisk(DirectoryInfo at, int bytes)
{
    /// <summary>What starts a program with the disk in place, and becomes it.</summary>
    public string[] Launcher => ["unshare", "--mount", "sh", "-c", string.Create(CultureInfo.InvariantCulture, $"mount -t tmpfs -o size={bytes} tmpfs {at.FullName} && exec \"$@\""), "sh", "dotnet"];

    /// <summary>Why there cannot be such a disk here; null where there can.</summary>
    public static string? WhyNot()
    {
        if (!OperatingSystem.IsLinux()) return "a disk that is full needs Linux's mount namespaces";
        try
        {
            using var trial = Process.Start(new ProcessStartInfo("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", Path.GetTempPath()]) { RedirectStandardError = true })!;
            var error = trial.StandardError.ReadToEnd().Trim();
            trial.WaitForExit();
            return trial.ExitCode == 0 ? null : $"a disk that is full needs root and a mount namespace: {error}";
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return $"a disk that is full needs unshare (util-linux): {e.Message}";
        }
    }

    /// <summary>The disk as the program sees it.</summary>
    public string Seen(Peer program) => string.Create(CultureInfo.InvariantCulture, $"/proc/{program.Id}/root{at.FullName}");

    /// <summary>Takes all the room that is left; returns the file that has it.</summary>
    public string Fill(Peer program)
    {
        var filler = Path.Combine(Seen(program), "filler");
        using var file = new FileStream(filler, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        try
        {
            var page = new byte[4096];
            while (true) file.Write(page);
        }
        catch (IOException)
        {
            // That is what was wanted.
            return filler;
        }
    }
}

/// <summary>A test that needs a <see cref="PrivateDisk"/>; where there can be none it is skipped, and says why.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PrivateDiskFactAttribute : FactAttribute
{
    public PrivateDiskFactAttribute() => Skip = PrivateDisk.WhyNot();
}
