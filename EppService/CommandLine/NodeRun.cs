using OrleansKvRouter.Contracts;
using OrleansKvRouter.EppService.Node;

namespace OrleansKvRouter.EppService.CommandLine;

/// <summary>A node's life between its start and a signal, the same for every command that runs one.</summary>
internal static class NodeRun
{
    /// <summary>Starts the node, says <c>ready</c> on stdout when it is, and stops it when <paramref name="stop"/> ends.</summary>
    /// <returns>The exit status.</returns>
    public static async Task<int> UntilAsync(Task stop, NodeHost node, string command)
    {
        if (await node.StartAsync() is { } notStarted) return Complain(command, notStarted.Fault, notStarted.ExitStatus);
        var ready = node.ReadyAsync();
        if (await Task.WhenAny(ready, stop) == ready)
        {
            await ready;
            Console.Out.WriteLine("ready");
        }

        await stop;
        await node.StopAsync();
        return ExitStatus.Ok;
    }

    /// <summary>Says on stderr what is in the way.</summary>
    /// <returns>The given status.</returns>
    public static int Complain(string command, Fault fault, int status)
    {
        Console.Error.WriteLine($"kvrouter {command}: {fault}");
        return status;
    }
}
