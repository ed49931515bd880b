using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Discovery;
using OrleansKvRouter.Discovery.Files;
using OrleansKvRouter.Discovery.Watching;
using OrleansKvRouter.Tests.Support;
using static OrleansKvRouter.Tests.Discovery.Documents;

namespace OrleansKvRouter.Tests.Discovery.Watching;

public sealed class ResourceWatcherTests : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly DiscoveryInstruments _instruments = new();
    private readonly ConcurrentQueue<ResourceSnapshot> _published = [];
    private ResourceWatcher? _watcher;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_watcher is not null) await _watcher.DisposeAsync();
    }

    public void Dispose()
    {
        _instruments.Dispose();
        _folder.Dispose();
    }

    private ResourceWatcher Watch(params string[] paths) => Watch(TimeProvider.System, paths);

    private ResourceWatcher Watch(TimeProvider time, params string[] paths)
    {
        _watcher = new ResourceWatcher(ResourceFiles.Load(paths), NullLogger<ResourceWatcher>.Instance, time, _instruments);
        _watcher.Changed += _published.Enqueue;
        _watcher.Start();
        return _watcher;
    }

    private static string[] Names(ResourceSnapshot snapshot) => [.. snapshot.Pools.SelectMany(pool => pool.Endpoints).Select(endpoint => endpoint.Name)];

    [Fact]
    public async Task Edit_OfAWatchedFile_TakesEffectAndIsPublishedOnce()
    {
        var path = _folder.Write("r.yaml", Join(Pool, Pod("a", "10.0.0.1")));
        var watcher = Watch(path);
        Assert.Equal(["a"], Names(watcher.Current));

        for (var edit = 1; edit <= 3; edit++)
        {
            _folder.Write("r.yaml", Join(Pool, Pod("a", "10.0.0.1"), Pod($"b{edit}", "10.0.0.2")));
            await Eventually.TrueAsync(() => _published.Count == edit, "the edit");
        }

        Assert.Equal(["a", "b3"], Names(watcher.Current));
        Assert.Same(watcher.Current, _published.Last());
    }

    [Fact]
    public async Task Edit_WithAnError_KeepsTheLastGoodVersionAndSaysWhy()
    {
        var path = _folder.Write("r.yaml", Join(Pool, Policy("blockSize: 64")));
        var watcher = Watch(path);
        var good = watcher.Current;

        _folder.Write("r.yaml", Join(Pool, Policy("blokSize: 64")));
        await Eventually.TrueAsync(() => watcher.LastErrors.Count > 0, "the error");
        Assert.Contains("did you mean \"blockSize\"?", Assert.Single(watcher.LastErrors).What, StringComparison.Ordinal);
        Assert.Same(good, watcher.Current);

        _folder.Write("r.yaml", Join(Pool, Policy("blockSize: 32")));
        await Eventually.TrueAsync(() => watcher.Current != good, "the mended version");
        Assert.Empty(watcher.LastErrors);
        Assert.Equal(32, watcher.Current.Pools[0].Policy.TokenProcessor.BlockSize);
    }

    [Fact]
    public async Task Edit_TakenBack_ClearsTheErrorAndPublishesNothing()
    {
        var path = _folder.Write("r.yaml", Pool);
        var watcher = Watch(path);

        _folder.Write("r.yaml", "half: [");
        await Eventually.TrueAsync(() => watcher.LastErrors.Count > 0, "the error");
        _folder.Write("r.yaml", Pool);
        await Eventually.TrueAsync(() => watcher.LastErrors.Count == 0, "the mended version");

        Assert.Empty(_published);
    }

    [Fact]
    public async Task Folder_FilesComeAndGo_AreFollowed()
    {
        _folder.Write("pool.yaml", Pool);
        var watcher = Watch(_folder.Path);

        _folder.Write("a.yaml", Pod("a", "10.0.0.1"));
        await Eventually.TrueAsync(() => Names(watcher.Current) is ["a"], "the new file");
        File.Delete(_folder["a.yaml"]);
        await Eventually.TrueAsync(() => Names(watcher.Current) is [], "the removal");
    }

    [Fact]
    public async Task NamedFile_Vanishes_KeepsTheLastGoodVersionUntilItIsBack()
    {
        var path = _folder.Write("r.yaml", Join(Pool, Pod("a", "10.0.0.1")));
        var watcher = Watch(path);

        File.Delete(path);
        await Eventually.TrueAsync(() => watcher.LastErrors.Count == 1, "the error");
        Assert.Equal(["a"], Names(watcher.Current));

        _folder.Write("new", Join(Pool, Pod("b", "10.0.0.2")));
        File.Move(_folder["new"], path);
        await Eventually.TrueAsync(() => Names(watcher.Current) is ["b"], "the new file");
        Assert.Empty(watcher.LastErrors);
    }

    [Fact]
    public async Task ConfigMapMount_LinkSwapped_TakesEffect()
    {
        // The layout of a mounted ConfigMap: file -> ..data/file, ..data -> ..version, and an update renames a new ..data over the old.
        foreach (var (version, pod) in new[] { ("..1", Pod("a", "10.0.0.1")), ("..2", Pod("b", "10.0.0.2")) })
        {
            Directory.CreateDirectory(_folder[version]);
            _folder.Write($"{version}/r.yaml", Join(Pool, pod));
            File.SetLastWriteTimeUtc(_folder[$"{version}/r.yaml"], new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        }

        Directory.CreateSymbolicLink(_folder["..data"], "..1");
        File.CreateSymbolicLink(_folder["r.yaml"], "..data/r.yaml");
        var watcher = Watch(_folder.Path);
        Assert.Equal(["a"], Names(watcher.Current));

        Directory.CreateSymbolicLink(_folder["..data_tmp"], "..2");
        using (var move = Process.Start("mv", ["-T", _folder["..data_tmp"], _folder["..data"]])) await move.WaitForExitAsync();
        await Eventually.TrueAsync(() => Names(watcher.Current) is ["b"], "the swap");
    }

    [Fact]
    public async Task WriterInPieces_IsNotReadHalfWay()
    {
        // The file lies in another folder than the link to it that is watched, so only the clock makes the watcher look.
        Directory.CreateDirectory(_folder["elsewhere"]);
        var path = _folder.Write("elsewhere/r.yaml", Join(Pool, Pod("a", "10.0.0.1")));
        File.CreateSymbolicLink(_folder["r.yaml"], path);
        var time = new ManualTime();
        var watcher = Watch(time, _folder["r.yaml"]);
        await Eventually.TrueAsync(() => time.Tickers == 1, "the watcher looks every second from now on");

        var pieces = Join(Pool, Pod("a", "10.0.0.1"), Pod("b", "10.0.0.2")).Chunk(150).ToArray();
        File.WriteAllText(path, "");
        foreach (var piece in pieces)
        {
            File.AppendAllText(path, new string(piece));
            time.Pass(piece == pieces[0] ? TimeSpan.FromSeconds(1) : TimeSpan.FromMilliseconds(100));
            await Eventually.TrueAsync(() => time.Delays == 1, "the watcher has seen the piece and lets the file rest");
        }

        Assert.Empty(_published);
        time.Pass(TimeSpan.FromMilliseconds(100));
        await Eventually.TrueAsync(() => Names(watcher.Current) is ["a", "b"], "the whole file");
        Assert.Empty(watcher.LastErrors);
        Assert.Single(_published);
    }

    [Fact]
    public async Task Handler_Throws_NextEditIsStillSeen()
    {
        var path = _folder.Write("r.yaml", Pool);
        var watcher = Watch(path);
        watcher.Changed += _ => throw new InvalidOperationException("a handler's bug");

        foreach (var name in new[] { "a", "b" })
        {
            _folder.Write("r.yaml", Join(Pool, Pod(name, "10.0.0.1")));
            await Eventually.TrueAsync(() => Names(watcher.Current) is [var only] && only == name, name);
        }
    }
}
