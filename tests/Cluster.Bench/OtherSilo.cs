using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using OrleansKvRouter.Grains.Slices;

namespace OrleansKvRouter.Tests.Cluster.Bench;

/// <summary>Another silo of the cluster, in a process of its own.</summary>
internal sealed class OtherSilo(Process process) : IDisposable
{
    private const string Ready = "ready";

    /// <summary>Starts one, and waits until it hosts its slices.</summary>
    public static async Task<OtherSilo> StartAsync(int port, int primary)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        string[] arguments = [typeof(OtherSilo).Assembly.Location, "host", "--silo", Text(port), "--primary", Text(primary)];
        // The program may have been started as `dotnet FILE` or by its own name.
        var own = Path.GetFileNameWithoutExtension(Environment.ProcessPath!) is "dotnet" ? arguments : arguments[1..];
        foreach (var argument in own) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line == Ready) return new OtherSilo(process);
            Console.Error.WriteLine(line);
        }

        throw new InvalidOperationException($"the silo at port {port} ended before it was ready");

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>What the process itself does.</summary>
    public static async Task<int> RunAsync(int port, int primary)
    {
        var (host, _) = await BenchSilo.StartAsync(port, primary);
        var keeper = host.Services.GetRequiredService<SliceKeeper>();
        while (!keeper.IsComplete) await Task.Delay(20);
        Console.WriteLine(Ready);
        await Console.In.ReadToEndAsync();
        return 0;
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }
}
