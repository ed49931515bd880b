using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Discovery.Files;
using OrleansKvRouter.EppService.CommandLine;
using OrleansKvRouter.EppService.Node;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.Silo.Hosting;
using OrleansKvRouter.Storage;

namespace OrleansKvRouter.Silo.CommandLine;

/// <summary><c>silo</c>: the node as a silo of a cluster, until SIGTERM or SIGINT.</summary>
internal static class SiloCommand
{
    private const string Name = "silo";

    public static Command Create()
    {
        var settings = new SiloSettings();
        var command = new Command(Name, "The router as a silo of a cluster that shares one index; prints \"ready\" when it can route and has loaded its part");
        settings.AddTo(command);
        command.SetAction((line, cancellation) => RunAsync(settings, line));
        return command;
    }

    private static async Task<int> RunAsync(SiloSettings settings, ParseResult line)
    {
        // 1. What it is told, and the places that it shares with the other silos.
        if (!settings.Read(line).Try(out var options, out var fault)) return NodeRun.Complain(Name, fault, ExitStatus.BadInput);
        var resources = ResourceFiles.Load(options.Node.Resources);
        if (resources.Snapshot is null) return NodeRun.Complain(Name, new Fault(string.Join(Environment.NewLine, resources.Errors)), ExitStatus.BadInput);
        foreach (var warning in resources.Warnings) Console.Error.WriteLine($"kvrouter {Name}: {warning}");
        if (!DataPlace.Open(options.Membership, Sharing.Shared).Try(out var membership, out fault)) return NodeRun.Complain(Name, fault, ExitStatus.Failed);
        using var membershipPlace = membership;
        DataPlace? data = null;
        if (options.Data is { } place && !DataPlace.Open(place, Sharing.Shared).Try(out data, out fault)) return NodeRun.Complain(Name, fault, ExitStatus.Failed);
        using var dataPlace = data;

        // 2. The silo joins, the node in it runs, and they leave in the reverse order: what is under way is answered from the
        // whole index, and then slices are handed over.
        using var signals = new StopSignals();
        var host = SiloHost.Create(options, resources, membership, data);
        if (await SiloHost.JoinAsync(host, options) is { } noSilo) return NodeRun.Complain(Name, noSilo, ExitStatus.Failed);
        var status = await NodeRun.UntilAsync(signals.Requested, host.Services.GetRequiredService<NodeHost>(), Name);
        if (await SiloHost.LeaveAsync(host) is not { } stuck) return status;
        return NodeRun.Complain(Name, stuck, ExitStatus.Failed);
    }
}
