using System.Net.Http.Json;
using System.Text.Json;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.Tests.EppService.CommandLine;

namespace OrleansKvRouter.Tests.EppService.Snapshots;

/// <summary>Snapshots of a running router beside a Python engine: a pool that comes back, and a disk that is full.</summary>
[Collection(ProgramCollection.Name)]
public sealed class ServedSnapshotsTests : IDisposable
{
    private const string Ip = "127.0.0.31";

    private readonly int _replay = Ports.Take();
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("kvrouter-data-");

    private string Documents => RouterProgram.PoolAndPolicy.Replace("sha256_cbor_64bit", "sha256_cbor", StringComparison.Ordinal).TrimEnd() + $"""

                    eventsConfig:
                      replayPort: {_replay}

        """ + RouterProgram.Pod("a", Ip);

    private Dictionary<string, string> Options => new() { ["--data"] = _data.FullName, ["--snapshot-interval"] = "0.1" };

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public async Task Edit_PoolComesBack_GoesOnFromItsSnapshot()
    {
        await using var router = RouterProgram.Create();
        await router.ServeReadyAsync(Documents, Options);
        await using var engine = await PublishingEngine.StartAsync(router.Events, Ip, _replay);
        for (var i = 0; i < 5; i++) await engine.ServeAsync(i);
        await HeldAsync(router, blocks: 20);
        var before = (await PoolAsync(router)).Snapshot!;
        await Eventually.TrueAsync(async () => (await PoolAsync(router)).Snapshot!.TakenAt > before.TakenAt, "a snapshot has the five prompts");

        router.Edit(Documents.Replace("name: qwen\n", "name: other\n", StringComparison.Ordinal));
        await Eventually.TrueAsync(async () => (await PoolsAsync(router)).GetArrayLength() == 1 && (await PoolsAsync(router))[0].GetProperty("name").GetString() == "other", "the pool has made way for another");
        for (var i = 5; i < 8; i++) await engine.ServeAsync(i, unheard: true);
        router.Edit(Documents);

        await HeldAsync(router, blocks: 32);
        var pool = await PoolAsync(router);
        Assert.Equal((1, 0), (pool.Snapshot!.Loaded!.Resumed, pool.Snapshot.Loaded.SetAside.Count));
        Assert.Equal((7, 3), (pool.Endpoints[0].Cursor, pool.Endpoints[0].Replayed));
    }

    [Fact]
    public async Task Edit_PoolComesBackWithOtherBlocks_ItsSnapshotIsSetAside()
    {
        await using var router = RouterProgram.Create();
        await router.ServeReadyAsync(Documents, Options);
        await using var engine = await PublishingEngine.StartAsync(router.Events, Ip, _replay);
        for (var i = 0; i < 5; i++) await engine.ServeAsync(i);
        await HeldAsync(router, blocks: 20);
        await Eventually.TrueAsync(async () => (await PoolAsync(router)).Snapshot!.Generation >= 2, "there are two snapshots");

        router.Edit(Documents.Replace("blockSize: 16", "blockSize: 8", StringComparison.Ordinal));

        await Eventually.TrueAsync(async () => (await PoolAsync(router)).Snapshot is { Loaded.SetAside.Count: > 0 }, "the pool has looked at its snapshots");
        Assert.Contains("it was written for blocks of 16 tokens", (await PoolAsync(router)).Snapshot!.Loaded!.SetAside[0], StringComparison.Ordinal);
        // The engine's blocks are twice as large as the pool's.
        await HeldAsync(router, blocks: 40);
    }

    [PrivateDiskFact]
    public async Task Write_DiskIsFull_IsReportedAndResumesWhenThereIsSpace()
    {
        var disk = new PrivateDisk(_data, bytes: 1 << 20);
        await using var router = RouterProgram.Create(disk.Launcher);
        await router.ServeReadyAsync(Documents, Options);
        await using var engine = await PublishingEngine.StartAsync(router.Events, Ip, _replay);
        for (var i = 0; i < 5; i++) await engine.ServeAsync(i);
        await HeldAsync(router, blocks: 20);
        await Eventually.TrueAsync(async () => (await PoolAsync(router)).Snapshot!.Generation >= 2, "there are two snapshots");

        // 1. Reported, once in the log, and in the status and the metric each time.
        var filler = disk.Fill(router.Process);
        for (var i = 5; i < 10; i++) await engine.ServeAsync(i);
        await Eventually.TrueAsync(async () => (await PoolAsync(router)).Snapshot!.Failures >= 3, "three snapshots have failed");
        var full = (await PoolAsync(router)).Snapshot!;
        Assert.Contains("No space left on device", full.Fault, StringComparison.Ordinal);
        Assert.Contains(_data.FullName, full.Fault, StringComparison.Ordinal);
        Assert.Single(router.Process.Errors.Split('\n'), line => line.Contains("the last good snapshot stays", StringComparison.Ordinal));
        var metrics = await router.Http.GetStringAsync($"http://{router.Admin}/metrics");
        Assert.Contains(metrics.Split('\n'), line => line.StartsWith("kvrouter_snapshot_writes_total{", StringComparison.Ordinal) && line.Contains("outcome=\"failed\"", StringComparison.Ordinal));
        Assert.DoesNotContain(Directory.EnumerateFiles(disk.Seen(router.Process), "*.tmp", SearchOption.AllDirectories), _ => true);

        // 2. The last good one is one: another router goes on from it.
        await UsableAsync(disk.Seen(router.Process), generation: full.Generation!.Value);

        // 3. Written again when there is space.
        File.Delete(filler);
        await Eventually.TrueAsync(async () => (await PoolAsync(router)).Snapshot is { Fault: null } snapshot && snapshot.Generation > full.Generation, "snapshots are written again");
        await UsableAsync(disk.Seen(router.Process), generation: (await PoolAsync(router)).Snapshot!.Generation!.Value);
    }

    /// <summary>A router on a copy of the folder goes on from at least that generation.</summary>
    private async Task UsableAsync(string folder, long generation)
    {
        var copy = Directory.CreateTempSubdirectory("kvrouter-copy-");
        try
        {
            // Without the filler and the lock.
            foreach (var file in Directory.EnumerateFiles(Path.Combine(folder, "pools"), "*", SearchOption.AllDirectories).Where(file => !Path.GetFileName(file).StartsWith("%lock", StringComparison.Ordinal)))
            {
                var to = Path.Combine(copy.FullName, Path.GetRelativePath(folder, file));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(file, to);
            }

            await using var second = RouterProgram.Create();
            await second.ServeReadyAsync(Documents, new() { ["--data"] = copy.FullName });
            var loaded = (await PoolAsync(second)).Snapshot!.Loaded!;
            Assert.True(loaded.Generation >= generation && loaded is { Resumed: 1, SetAside.Count: 0 }, loaded.ToString());
            await HeldAsync(second, blocks: 40);
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    private static Task HeldAsync(RouterProgram router, long blocks) => Eventually.TrueAsync(
        async () => await TryPoolAsync(router) is { } pool && pool.Endpoints[0].BlocksHeld == blocks && pool.Endpoints[0].Trust.State is "exact" or "mapped",
        $"the router knows of {blocks} blocks");

    private static async Task<PoolStatus> PoolAsync(RouterProgram router) => (await TryPoolAsync(router))!;

    private static async Task<PoolStatus?> TryPoolAsync(RouterProgram router)
    {
        using var answer = await router.Http.GetAsync($"http://{router.Admin}/api/pools/qwen");
        return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync(AdminJson.Default.PoolStatus) : null;
    }

    private static Task<JsonElement> PoolsAsync(RouterProgram router) => router.Http.GetFromJsonAsync<JsonElement>($"http://{router.Admin}/api/pools");
}
