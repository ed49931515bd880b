using System.CommandLine;

namespace OrleansKvRouter.Bench.Demo;

/// <summary><c>demo</c>.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var keep = new Option<bool>("--keep") { Description = "Leave engines and router up until Ctrl-C" };
        var silos = new Option<int>("--silos") { HelpName = "NUMBER", Description = "The demo on so many silos that share one index, of which one is killed half-way; 2 to 5" };
        var program = new Option<string?>("--silo-program") { HelpName = "FILE", Description = "The silo's program", Hidden = true, DefaultValueFactory = _ => Environment.GetEnvironmentVariable("KVROUTER_DEMO_SILO") };
        silos.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 2 or > 5) result.AddError("--silos is 2 to 5");
        });
        var models = ModelsOption.Create();
        var command = new Command("demo", "Three simulated engines, the router and a conversation, end to end") { keep, silos, program, models };
        command.SetAction((line, cancellation) => line.GetValue(silos) is > 0 and var count
            ? SiloDemoRun.RunAsync(line.GetValue(program), count, line.GetValue(models)!, cancellation)
            : DemoRun.RunAsync(line.GetValue(models)!, line.GetValue(keep), cancellation));
        return command;
    }
}
