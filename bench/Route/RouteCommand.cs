using System.CommandLine;

namespace OrleansKvRouter.Bench.Route;

/// <summary><c>bench route</c>.</summary>
internal static class RouteCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object a line instead of a table" };
        var seconds = new Option<double>("--seconds") { Description = "How long each row is measured", DefaultValueFactory = _ => 5 };
        var models = ModelsOption.Create();
        var command = new Command("route", "Decisions per second and latency of an ext_proc round trip, with the share of each stage") { json, seconds, models };
        command.SetAction((line, cancellation) =>
            RouteBench.RunAsync(line.GetValue(models)!, TimeSpan.FromSeconds(line.GetValue(seconds)), line.GetValue(json), cancellation));
        return command;
    }
}
