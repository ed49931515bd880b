namespace OrleansKvRouter.Tests.Support;

/// <summary>Python modules from the project's .proto files, by Debian's protoc.</summary>
public static class PythonStubs
{
    public static string Protos { get; } = Repository.InRepo("Contracts", "Protos");

    /// <summary>Generates the modules of ext_proc and health into a folder.</summary>
    public static async Task GenerateAsync(string folder)
    {
        await ProtocAsync(folder, Protos, Directory.GetFiles(Path.Combine(Protos, "envoy"), "*.proto", SearchOption.AllDirectories));
        // By its own folder, or its package would hide the grpc module.
        var health = Path.Combine(Protos, "grpc", "health", "v1");
        await ProtocAsync(folder, health, [Path.Combine(health, "health.proto")]);
    }

    private static async Task ProtocAsync(string output, string root, string[] files)
    {
        await using var protoc = Peer.Start("protoc", [$"--python_out={output}", $"-I{root}", .. files]);
        var status = await protoc.ExitAsync();
        if (status != 0) throw new InvalidOperationException($"protoc: {protoc.Errors}");
    }
}
