using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.EppService.Pools;

namespace OrleansKvRouter.Tests.EppService.Pools;

/// <summary>A <c>--models</c> folder with the real Qwen3, loaded once for all tests.</summary>
internal static class TestModels
{
    /// <summary>The folder; its only model is <c>Qwen3-32B</c>.</summary>
    public static string Folder { get; } = MakeFolder();

    public static ModelStore Store { get; } = new(Folder, NullLogger<ModelStore>.Instance);

    /// <summary>A store without model files.</summary>
    public static ModelStore Nothing => new("", NullLogger<ModelStore>.Instance);

    private static string MakeFolder()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "test-models");
        var link = Path.Combine(folder, "Qwen3-32B");
        Directory.CreateDirectory(folder);
        if (!Directory.Exists(link)) Directory.CreateSymbolicLink(link, Repository.Qwen3);
        return folder;
    }
}
