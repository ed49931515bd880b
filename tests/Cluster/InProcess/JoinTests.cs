using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.TestingHost;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Grains;
using OrleansKvRouter.Grains.Slices;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.Slices;
using OrleansKvRouter.Storage;

namespace OrleansKvRouter.Tests.Cluster.InProcess;

/// <summary>A silo joins while others walk.</summary>
public sealed class JoinTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvrouter-join-").FullName;
    private readonly PoolKey _pool = PoolKey.Of("default/pool", "auto", 16, null, SliceMap.DefaultSlices);
    private DataPlace _data = null!;
    private InProcessTestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        _data = DataPlace.Open(_folder, Sharing.Shared).Value!;
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(new SlicedIndexOptions { WalkPatience = TimeSpan.FromMinutes(1), CheckInterval = TimeSpan.FromMilliseconds(100) });
            silo.Services.AddSingleton(new SliceStores(parts => _data.Snapshots.Open(SnapshotPlace.Of(parts))));
            silo.AddKvRouterGrains();
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _data.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task SiloJoins_SlicesMoveToIt_EveryWalkMeanwhileIsExact()
    {
        SlicedIndex[] indexes = [Open(_cluster.Silos[0]), Open(_cluster.Silos[1])];
        HolderId[] holders = [.. indexes.Select(index => index.AddHolder(new HolderName("engine", "Gpu")))];
        var chain = Enumerable.Range(0, 400).Select(i => new BlockKey((ulong)i)).ToArray();
        await indexes[0].ClaimAsync("engine");
        // A walk that leaves a slice out may go too far, and one into a slice that is empty yet not far enough.
        indexes[0].Store(holders[0], null, chain.AsSpan(0, 200));
        indexes[0].Advance(holders[0], new StreamPosition(0, 1));
        await indexes[0].SettleAsync();
        await Eventually.TrueAsync(() => Keepers(2).All(keeper => keeper.IsComplete), "slices are where they belong");
        using var stop = new CancellationTokenSource();
        var walking = indexes.Select((index, silo) => Task.Run(() => WalkAsync(index, holders[silo], chain, stop.Token))).ToArray();

        var joined = await _cluster.StartAdditionalSiloAsync();
        Open(joined);
        var hosted = joined.ServiceProvider.GetRequiredService<SliceHosting>().Of(_pool);
        await Eventually.TrueAsync(() => Keepers(3).All(keeper => keeper.IsComplete) && hosted.Hosted != 0, "the silo that joined has its slices");
        await Eventually.TrueAsync(() => _cluster.Silos.All(silo => silo.ServiceProvider.GetRequiredService<SliceHosting>().Of(_pool).Left == 0), "what left is let go of");
        await stop.CancelAsync();

        foreach (var (walks, others) in await Task.WhenAll(walking))
        {
            Assert.Empty(others.Distinct());
            Assert.InRange(walks, 10, int.MaxValue);
        }
    }

    private static async Task<(int Walks, List<int> Others)> WalkAsync(SlicedIndex index, HolderId holder, BlockKey[] chain, CancellationToken stop)
    {
        var matches = new PrefixMatches();
        List<int> others = [];
        var walks = 0;
        for (; !stop.IsCancellationRequested; walks++)
        {
            await index.WalkAsync(chain, matches, CancellationToken.None);
            if (matches.BlocksOf(holder) is not 200 and var blocks) others.Add(blocks);
            await Task.Delay(1, CancellationToken.None);
        }

        return (walks, others);
    }

    private SlicedIndex Open(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<SlicedIndexes>().Open(_pool, () => 1);

    private IEnumerable<SliceKeeper> Keepers(int silos) => _cluster.Silos.Take(silos).Select(silo => silo.ServiceProvider.GetRequiredService<SliceKeeper>());
}
