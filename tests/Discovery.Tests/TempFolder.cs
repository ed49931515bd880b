namespace OrleansKvRouter.Tests.Discovery;

/// <summary>A folder for one test's files.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("kvrouter-discovery-").FullName;

    private string Draft => Path + ".draft";

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file in one piece, so that whoever watches it never sees a part of it, and returns its path.</summary>
    public string Write(string name, string text)
    {
        File.WriteAllText(Draft, text);
        File.Move(Draft, this[name], overwrite: true);
        return this[name];
    }

    public void Dispose()
    {
        File.Delete(Draft);
        Directory.Delete(Path, recursive: true);
    }
}
