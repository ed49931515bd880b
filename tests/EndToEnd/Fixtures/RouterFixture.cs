using OrleansKvRouter.Bench.Clients;
using OrleansKvRouter.Bench.Processes;

namespace OrleansKvRouter.Tests.EndToEnd.Fixtures;

/// <summary>A router in a process of its own, with the resources of a fleet whose engines the test plays.</summary>
public sealed class RouterFixture : IAsyncDisposable
{
    private readonly ModelsFolder _models;

    private RouterFixture(ModelsFolder models) => _models = models;

    public required RouterProcess Router { get; init; }

    public required AdminClient Admin { get; init; }

    public required ExtProcClient ExtProc { get; init; }

    /// <summary>The watched file with all documents.</summary>
    public required string ResourceFile { get; init; }

    public static async Task<RouterFixture> StartAsync(FleetResources resources, params string[] more)
    {
        var folder = Directory.CreateTempSubdirectory("kvrouter-e2e-").FullName;
        var models = new ModelsFolder();
        var documents = resources.WriteTo(Path.Combine(folder, "resources"));
        var router = await RouterProcess.StartAsync(documents, models.Path, more);
        return new RouterFixture(models)
        {
            Router = router,
            Admin = new AdminClient(router.Admin),
            ExtProc = new ExtProcClient(router.ExtProc),
            ResourceFile = Path.Combine(documents, "fleet.yaml"),
        };
    }

    /// <summary>Routes a chat through ext_proc, as a proxy would, and ends the stream.</summary>
    public async Task<ExtProcAnswer> RouteAsync(byte[] body, string path = "/v1/chat/completions")
    {
        await using var stream = await ExtProc.OpenAsync();
        return await stream.RouteAsync(path, Guid.NewGuid().ToString(), body);
    }

    /// <summary>Replaces the watched file in one piece: a router that saw half of it might take that for a version.</summary>
    public async Task EditAsync(string documents)
    {
        var draft = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(ResourceFile))!, "draft.yaml");
        await File.WriteAllTextAsync(draft, documents);
        File.Move(draft, ResourceFile, overwrite: true);
    }

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        ExtProc.Dispose();
        await Router.DisposeAsync();
        _models.Dispose();
        Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(ResourceFile))!, recursive: true);
    }
}
