using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Discovery.Files;
using OrleansKvRouter.EppService.Node;

namespace OrleansKvRouter.EppService.CommandLine;

/// <summary><c>serve</c>: the standalone node, until SIGTERM or SIGINT.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var settings = new NodeSettings();
        var command = new Command("serve", "The standalone router on resource documents; prints \"ready\" when it can route");
        settings.AddTo(command);
        command.SetAction((line, cancellation) => RunAsync(settings, line));
        return command;
    }

    private static async Task<int> RunAsync(NodeSettings settings, ParseResult line)
    {
        if (!settings.Read(line).Try(out var options, out var fault)) return Complain(fault, ExitStatus.BadInput);

        var resources = ResourceFiles.Load(options.Resources);
        if (resources.Snapshot is null) return Complain(new Fault(string.Join(Environment.NewLine, resources.Errors)), ExitStatus.BadInput);
        foreach (var warning in resources.Warnings) Console.Error.WriteLine($"kvrouter serve: {warning}");

        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);

        await using var services = new ServiceCollection().AddKvRouter(options, resources).BuildServiceProvider();
        var node = services.GetRequiredService<NodeHost>();
        if (await node.StartAsync() is { } notStarted) return Complain(notStarted.Fault, notStarted.ExitStatus);
        var ready = node.ReadyAsync();
        if (await Task.WhenAny(ready, stop.Task) == ready)
        {
            await ready;
            Console.Out.WriteLine("ready");
        }

        await stop.Task;
        await node.StopAsync();
        return ExitStatus.Ok;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.TrySetResult();
        }
    }

    private static int Complain(Fault fault, int status)
    {
        Console.Error.WriteLine($"kvrouter serve: {fault}");
        return status;
    }
}
