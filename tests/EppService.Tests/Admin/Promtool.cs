using System.Diagnostics;

namespace OrleansKvRouter.Tests.EppService.Admin;

/// <summary>Prometheus' own opinion of an exposition.</summary>
internal static class Promtool
{
    /// <summary>Fails with promtool's words when it finds anything wrong or unidiomatic.</summary>
    public static async Task CheckAsync(string exposition)
    {
        using var promtool = Process.Start(new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var said = promtool.StandardError.ReadToEndAsync();
        var printed = promtool.StandardOutput.ReadToEndAsync();
        await promtool.StandardInput.WriteAsync(exposition);
        promtool.StandardInput.Close();
        await promtool.WaitForExitAsync();
        Assert.True(promtool.ExitCode == 0, $"promtool: {await said}{await printed}\n{exposition}");
    }
}
