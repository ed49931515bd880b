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

    private ResourceWatcher Watch(params string[] paths)
    {
        _watcher = new ResourceWatcher(ResourceFiles.Load(paths), NullLogger<ResourceWatcher>.Instance, TimeProvider.System, _instruments);
        _watcher.Changed += _published.Enqueue;
        _watcher.Start();
        return _watcher;
    }

    private static string[] Names(ResourceSnapshot snapshot) => [.. snapshot.Pools.SelectMany(pool => pool.Endpoints).Select(endpoint => endpoint.Name)];

    [Fact]
    public async Task Edit_OfAWatchedFile_TakesEffectWithinTwoSeconds()
    {
        var path = _folder.Write("r.yaml", Join(Pool, Pod("a", "10.0.0.1")));
        var watcher = Watch(path);
        Assert.Equal(["a"], Names(watcher.Current));

        // The best of three, because a busy machine may owe the watcher its turn.
        var best = TimeSpan.MaxValue;
        for (var edit = 1; edit <= 3; edit++)
        {
            var edited = Stopwatch.GetTimestamp();
            File.WriteAllText(path, Join(Pool, Pod("a", "10.0.0.1"), Pod($"b{edit}", "10.0.0.2")));
            await Eventually.TrueAsync(() => _published.Count == edit, "the edit");
            best = TimeSpan.FromTicks(Math.Min(best.Ticks, Stopwatch.GetElapsedTime(edited).Ticks));
        }

        Assert.InRange(best, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal(["a", "b3"], Names(watcher.Current));
        Assert.Same(watcher.Current, _published.Last());
    }

    [Fact]
    public async Task Edit_WithAnError_KeepsTheLastGoodVersionAndSaysWhy()
    {
        var path = _folder.Write("r.yaml", Join(Pool, Policy("blockSize: 64")));
        var watcher = Watch(path);
        var good = watcher.Current;

        File.WriteAllText(path, Join(Pool, Policy("blokSize: 64")));
        await Eventually.TrueAsync(() => watcher.LastErrors.Count > 0, "the error");
        Assert.Contains("did you mean \"blockSize\"?", Assert.Single(watcher.LastErrors).What, StringComparison.Ordinal);
        Assert.Same(good, watcher.Current);

        File.WriteAllText(path, Join(Pool, Policy("blockSize: 32")));
        await Eventually.TrueAsync(() => watcher.Current != good, "the mended version");
        Assert.Empty(watcher.LastErrors);
        Assert.Equal(32, watcher.Current.Pools[0].Policy.TokenProcessor.BlockSize);
    }

    [Fact]
    public async Task Edit_TakenBack_ClearsTheErrorAndPublishesNothing()
    {
        var path = _folder.Write("r.yaml", Pool);
        var watcher = Watch(path);

        File.WriteAllText(path, "half: [");
        await Eventually.TrueAsync(() => watcher.LastErrors.Count > 0, "the error");
        File.WriteAllText(path, Pool);
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
        var path = _folder.Write("r.yaml", Join(Pool, Pod("a", "10.0.0.1")));
        var watcher = Watch(path);

        // On a busy machine the writer itself may pause for longer than a file has to rest; then it writes again.
        var written = 0;
        bool paused;
        do
        {
            _published.Clear();
            paused = await WriteInPiecesAsync(path, Join(Pool, Pod("a", "10.0.0.1"), Pod($"b{++written}", "10.0.0.2")));
            await Eventually.TrueAsync(() => Names(watcher.Current) is ["a", var last] && last == $"b{written}", "the edit");
        }
        while (paused && written < 20);

        Assert.Empty(watcher.LastErrors);
        Assert.Single(_published);
    }

    /// <summary>Returns true when it paused for nearly as long as a file has to rest.</summary>
    private static async Task<bool> WriteInPiecesAsync(string path, string text)
    {
        var paused = false;
        await using var writer = new StreamWriter(path, append: false) { AutoFlush = true };
        var last = Stopwatch.GetTimestamp();
        foreach (var piece in text.Chunk(40))
        {
            await writer.WriteAsync(piece);
            await Task.Delay(5);
            paused |= Stopwatch.GetElapsedTime(last) > TimeSpan.FromMilliseconds(60);
            last = Stopwatch.GetTimestamp();
        }

        return paused;
    }

    [Fact]
    public async Task Handler_Throws_NextEditIsStillSeen()
    {
        var path = _folder.Write("r.yaml", Pool);
        var watcher = Watch(path);
        watcher.Changed += _ => throw new InvalidOperationException("a handler's bug");

        foreach (var name in new[] { "a", "b" })
        {
            File.WriteAllText(path, Join(Pool, Pod(name, "10.0.0.1")));
            await Eventually.TrueAsync(() => Names(watcher.Current) is [var only] && only == name, name);
        }
    }
}
