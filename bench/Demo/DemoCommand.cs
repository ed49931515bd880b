using System.CommandLine;

namespace OrleansKvRouter.Bench.Demo;

/// <summary><c>demo</c>.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var keep = new Option<bool>("--keep") { Description = "Leave engines and router up until Ctrl-C" };
        var models = ModelsOption.Create();
        var command = new Command("demo", "Three simulated engines, the router and a conversation, end to end") { keep, models };
        command.SetAction((line, cancellation) => DemoRun.RunAsync(line.GetValue(models)!, line.GetValue(keep), cancellation));
        return command;
    }
}
