using OrleansKvRouter.Tests.EndToEnd.Fixtures;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EndToEnd;

/// <summary>The newcomer's first command, as the script runs it.</summary>
public sealed class DemoTests
{
    [Fact]
    public async Task Demo_AsIs_ShowsRoundsAndEndsWell()
    {
        using var models = new ModelsFolder();
        await using var demo = Peer.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "OrleansKvRouter.Bench.dll"), "demo", "--models", models.Path]);
        var rows = new List<string>();
        while (true)
        {
            var line = await demo.ReadLineAsync();
            if (line.Contains("gateway", StringComparison.Ordinal) || line.Contains("ext_proc", StringComparison.Ordinal)) rows.Add(line);
            if (line.StartsWith("Round 2 went where round 1 went", StringComparison.Ordinal)) break;
        }

        Assert.Equal(0, await demo.ExitAsync());
        string[] second = [.. rows.Where(row => row.TrimStart().StartsWith("round 2", StringComparison.Ordinal))];
        Assert.Equal(2, second.Length);
        // request (two words), via, tokens, blocks, endpoint, predicted, cached, …
        Assert.All(second, row => Assert.Equal(Words(row)[6], Words(row)[7]));
        Assert.All(second, row => Assert.NotEqual("0", Words(row)[7]));
    }

    private static string[] Words(string row) => row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
