using System.Net.Http.Json;
using System.Text.Json;

namespace OrleansKvRouter.Tests.EppService.CommandLine;

/// <summary><c>serve --data</c> as users see it; what snapshots hold is tested where they are made.</summary>
[Collection(ProgramCollection.Name)]
public sealed class ServeDataTests : IAsyncLifetime
{
    private readonly RouterProgram _router = RouterProgram.Create();
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("kvrouter-data-");

    private Dictionary<string, string> Options => new() { ["--data"] = _data.FullName, ["--snapshot-interval"] = "0.2" };

    [Fact]
    public async Task Serve_FolderOfAnotherRouter_IsStatus1AndNamesIt()
    {
        await _router.ServeReadyAsync(RouterProgram.PoolAndPolicy, Options);
        await using var second = RouterProgram.Create();

        second.Serve(RouterProgram.PoolAndPolicy, Options);

        Assert.Equal(1, await second.ExitAsync());
        Assert.Contains($"{_data.FullName} is another router's", second.Process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_FolderCannotBeMade_IsStatus1AndNamesIt()
    {
        _router.Serve(RouterProgram.PoolAndPolicy, new() { ["--data"] = _router.Write("a-file", "") });
        Assert.Equal(1, await _router.ExitAsync());
        Assert.Contains("a-file cannot be made", _router.Process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_DamagedSnapshot_StartsSetsItAsideAndSaysSo()
    {
        var folder = _data.CreateSubdirectory("pools").CreateSubdirectory("default").CreateSubdirectory("qwen");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "000000000001.manifest"), "KVROUTER-SNAPSHOT 1 500 0011223344556677\n{");

        await _router.ServeReadyAsync(RouterProgram.PoolAndPolicy, Options);

        Assert.True(File.Exists(Path.Combine(folder.FullName, "000000000001.manifest.set-aside-1")));
        Assert.Contains("it should have 500 bytes after its first line, and has 1", _router.Process.Errors, StringComparison.Ordinal);
        var pool = await _router.Http.GetFromJsonAsync<JsonElement>($"http://{_router.Admin}/api/pools/qwen");
        var loaded = pool.GetProperty("snapshot").GetProperty("loaded");
        Assert.Equal(1, loaded.GetProperty("setAside").GetArrayLength());
        Assert.Contains("kvrouter_snapshot_set_aside_total", await _router.Http.GetStringAsync($"http://{_router.Admin}/metrics"), StringComparison.Ordinal);
        _router.Process.Terminate();
        Assert.Equal(0, await _router.ExitAsync());
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _router.DisposeAsync();
        _data.Delete(recursive: true);
    }
}
