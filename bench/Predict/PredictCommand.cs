using System.CommandLine;

namespace OrleansKvRouter.Bench.Predict;

/// <summary><c>bench predict</c>.</summary>
internal static class PredictCommand
{
    public static Command Create()
    {
        var requests = Number("--requests", "Requests to send", 10_000);
        var engines = Number("--engines", "Simulated engines", 2);
        var blocks = Number("--blocks", "Blocks of 64 tokens in each engine's cache", 150);
        var inFlight = Number("--in-flight", "Requests at a time, each of another conversation", 1);
        var json = new Option<bool>("--json") { Description = "One JSON object instead of a table" };
        var models = ModelsOption.Create();
        var command = new Command("predict", "Predicted against actual cached tokens on engines that evict; status 1 when fewer than 99.9 % are right to the token")
        {
            requests, engines, blocks, inFlight, json, models,
        };
        command.SetAction((line, cancellation) => PredictBench.RunAsync(
            line.GetValue(models)!, line.GetValue(requests), line.GetValue(engines), line.GetValue(blocks), line.GetValue(inFlight), line.GetValue(json), cancellation));
        return command;
    }

    private static Option<int> Number(string name, string description, int preset)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => preset };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1) result.AddError($"{name} must be at least 1");
        });
        return option;
    }
}
