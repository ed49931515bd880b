using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Discovery.Files;
using OrleansKvRouter.EppService.Node;

namespace OrleansKvRouter.EppService.CommandLine;

/// <summary><c>serve</c>: the standalone node, until SIGTERM or SIGINT.</summary>
internal static class ServeCommand
{
    private const string Name = "serve";

    public static Command Create()
    {
        var settings = new NodeSettings();
        var command = new Command(Name, "The standalone router on resource documents; prints \"ready\" when it can route");
        settings.AddTo(command);
        command.SetAction((line, cancellation) => RunAsync(settings, line));
        return command;
    }

    private static async Task<int> RunAsync(NodeSettings settings, ParseResult line)
    {
        if (!settings.Read(line).Try(out var options, out var fault)) return NodeRun.Complain(Name, fault, ExitStatus.BadInput);

        var resources = ResourceFiles.Load(options.Resources);
        if (resources.Snapshot is null) return NodeRun.Complain(Name, new Fault(string.Join(Environment.NewLine, resources.Errors)), ExitStatus.BadInput);
        foreach (var warning in resources.Warnings) Console.Error.WriteLine($"kvrouter {Name}: {warning}");

        using var signals = new StopSignals();
        await using var services = new ServiceCollection().AddKvRouter(options, resources).BuildServiceProvider();
        return await NodeRun.UntilAsync(signals.Requested, services.GetRequiredService<NodeHost>(), Name);
    }
}
