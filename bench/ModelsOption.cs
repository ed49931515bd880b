using System.CommandLine;

namespace OrleansKvRouter.Bench;

/// <summary>Where the demo and the benchmarks find Qwen3's model files.</summary>
internal static class ModelsOption
{
    public static Option<string> Create() => new("--models")
    {
        HelpName = "DIR",
        Description = "The folder that holds Qwen3-32B/tokenizer.json",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("KVROUTER_DEMO_MODELS") ?? "models",
    };
}
