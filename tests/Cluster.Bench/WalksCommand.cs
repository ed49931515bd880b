using System.Text.Json;
using OrleansKvRouter.Loopback;

namespace OrleansKvRouter.Tests.Cluster.Bench;

/// <summary><c>walks</c>: for each number of silos a cluster of its own, of which this process is the last silo to join.</summary>
internal static class WalksCommand
{
    public static async Task<int> RunAsync(int[] silos, int[] inFlight, TimeSpan time, bool json)
    {
        if (!json) Console.WriteLine(WalkRow.Header);
        foreach (var count in silos)
        {
            var ports = Ports.Take(count);
            var (host, index) = await BenchSilo.StartAsync(ports[0], ports[0]);
            using var stopping = host;
            var others = await Task.WhenAll(ports.Skip(1).Select(port => OtherSilo.StartAsync(port, ports[0])));
            var content = await Content.WriteAsync(index);
            using var counter = new CallCounter();
            // Not counted: code that is not compiled for speed yet, here and in the others.
            foreach (var walks in inFlight) await WalkMeasure.RunAsync(index, content, walks, time / 2, counter);
            foreach (var walks in inFlight)
            {
                var row = await WalkMeasure.RunAsync(index, content, walks, time, counter) with { Silos = count };
                Console.WriteLine(json ? JsonSerializer.Serialize(row, JsonSerializerOptions.Web) : row.ToText());
            }

            var ingest = await IngestMeasure.RunAsync(index, time) with { Silos = count };
            Console.WriteLine(json ? JsonSerializer.Serialize(ingest, JsonSerializerOptions.Web) : ingest.ToText());
            await host.StopAsync();
            foreach (var other in others) other.Dispose();
        }

        return 0;
    }
}
