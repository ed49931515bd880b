using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EndToEnd.Fixtures;

/// <summary>A model folder as <c>--models</c> wants it, with Qwen3's files under the name Qwen3-32B.</summary>
internal sealed class ModelsFolder : IDisposable
{
    public ModelsFolder() => Directory.CreateSymbolicLink(System.IO.Path.Combine(Path, "Qwen3-32B"), Repository.Qwen3);

    public string Path { get; } = Directory.CreateTempSubdirectory("kvrouter-models-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
