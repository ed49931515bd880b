using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace OrleansKvRouter.Tests.Cluster.Programs;

/// <summary><c>silo</c> as a process: how it starts, what it says, how it ends.</summary>
public sealed class SiloProgramTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvrouter-silo-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Silo_Terminated_EndsWell()
    {
        await using var silo = SiloProgram.Start(_folder);
        await silo.ReadyAsync();
        Assert.Equal(HttpStatusCode.OK, await silo.GetAsync("/readyz"));
        silo.Process.Terminate();
        Assert.Equal(0, await silo.Process.ExitAsync());
        Assert.DoesNotContain("kvrouter silo:", silo.Process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_AdminOnLoopback_ShowsOrleansDashboardUnlessItIsOff()
    {
        await using var silo = SiloProgram.Start(_folder);
        await using var other = SiloProgram.Start(_folder, "--orleans-dashboard", "off", "--cluster", "another");
        await silo.ReadyAsync();
        await other.ReadyAsync();
        Assert.Equal(HttpStatusCode.OK, await silo.GetAsync("/orleans/"));
        Assert.Equal(HttpStatusCode.OK, await silo.GetAsync("/orleans/DashboardCounters"));
        Assert.Equal(HttpStatusCode.Forbidden, await silo.GetAsync("/orleans/Trace"));
        Assert.Equal(HttpStatusCode.NotFound, await other.GetAsync("/orleans/"));
    }

    [Theory]
    [InlineData("--membership", "kubernetes", "--membership kubernetes is not there yet")]
    [InlineData("--membership", "redis://somewhere", "is no place")]
    [InlineData("--slices", "65", "is no number from 1 to 64")]
    [InlineData("--silo", "0.0.0.0:11111", "is no address at which others reach this silo")]
    [InlineData("--cluster", "a/b", "is no name")]
    [InlineData("--orleans-dashboard", "maybe", "is none of its modes")]
    [InlineData("--index-memory", "2MiB", "too little for 12 slices")]
    public async Task Silo_WrongOption_EndsWithItsNameAndStatus2(string option, string value, string says)
    {
        await using var silo = SiloProgram.Start(_folder, option == "--silo" ? [] : [option, value]);
        await using var wrong = option == "--silo" ? Peer.Start("dotnet", [SiloProgram.Dll, "silo", "-f", Path.Combine(_folder, "resources"), option, value]) : null;
        var process = wrong ?? silo.Process;
        Assert.Equal(2, await process.ExitAsync());
        Assert.Contains(says, process.Errors, StringComparison.Ordinal);
        Assert.Contains(option, process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silo_ListOfSilosGone_EndsAllTheSame()
    {
        var membership = Directory.CreateDirectory(Path.Combine(_folder, "membership"));
        await using var silo = SiloProgram.Start(_folder, "--membership", $"file:{membership.FullName}");
        await silo.ReadyAsync();
        membership.Delete(recursive: true);
        silo.Process.Terminate();
        await silo.Process.ExitAsync();
    }

    [Fact]
    public async Task Silo_HeldUpUntilTheOthersGiveItUp_EndsAndSaysSo()
    {
        await using var silo = SiloProgram.Start(_folder);
        await silo.ReadyAsync();
        await using var other = SiloProgram.Start(_folder);
        await other.ReadyAsync();

        Signal("STOP", silo.Process.Id);
        var list = Path.Combine(_folder, "data", "documents", "membership-kvrouter");
        // Orleans' number of a silo that is dead.
        await Eventually.TrueAsync(async () => (await File.ReadAllTextAsync(list)).Contains("\"status\":6", StringComparison.Ordinal), "the silo is given up");
        Signal("CONT", silo.Process.Id);
        Assert.Equal(1, await silo.Process.ExitAsync());
        Assert.Contains("kvrouter silo: the silo ends, to be started again", silo.Process.Errors, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await other.GetAsync("/readyz"));
    }

    private static void Signal(string signal, int process)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
