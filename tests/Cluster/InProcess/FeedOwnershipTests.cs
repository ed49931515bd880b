using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.TestingHost;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Grains;
using OrleansKvRouter.Grains.Feeds;
using OrleansKvRouter.Grains.Membership;
using OrleansKvRouter.Grains.Slices;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Slices;

namespace OrleansKvRouter.Tests.Cluster.InProcess;

/// <summary>How an engine gets its owner, on two silos.</summary>
public sealed class FeedOwnershipTests : IAsyncLifetime
{
    private const string Engine = "default/engine-0";

    private readonly TaskCompletionSource _mayLoad = new();
    private InProcessTestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<KnownEngines>().AddSingleton<IEngineDirectory>(services => services.GetRequiredService<KnownEngines>());
            silo.Services.AddSingleton(new SliceStores(parts =>
            {
                if (parts[^1] == "slice 5") _mayLoad.Task.Wait();
                throw new IOException("there is no place for snapshots");
            }));
            silo.AddKvRouterGrains().AddKvRouterFeeds();
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync()
    {
        _mayLoad.TrySetResult();
        await _cluster.DisposeAsync();
    }

    /// <summary>
    /// A silo that takes over what another had answers only when all of it is active: a feed that waited there for slices which
    /// come with it held all of them up until the move was given up, after half a minute.
    /// </summary>
    [Fact]
    public async Task Activate_ASliceIsStillLoading_TheFeedIsActiveAndOwnsTheEngineOnceItIsThere()
    {
        var pool = PoolKey.Of("default/pool", "auto", 16, null, SliceMap.DefaultSlices);
        var targets = _cluster.Silos.Select(silo => Follow(silo.ServiceProvider, pool)).ToArray();
        var feed = _cluster.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<IEngineFeedGrain>(Engine);

        await Eventually.TrueAsync(async () => await AnswerOf(feed) == 0, "the feed answers, and takes nothing yet");
        Assert.All(targets, target => Assert.True(target.IsElsewhere));

        _mayLoad.SetResult();
        await Eventually.TrueAsync(() => targets.Any(target => !target.IsElsewhere), "the engine has an owner");
        var owner = _cluster.Silos[0].ServiceProvider.GetRequiredService<Silos>().Active.HostOf(Engine);
        Assert.Equal(_cluster.Silos.Select(silo => !silo.SiloAddress.Equals(owner)), targets.Select(target => target.IsElsewhere));
    }

    /// <summary>How many batches the feed takes; null where it does not answer, which on a busy machine may happen at first.</summary>
    private static async Task<int?> AnswerOf(IEngineFeedGrain feed)
    {
        try
        {
            return await feed.DeliverAsync(new ForwardedBatches("kv@engine-0@model", [0], [[]]));
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private static FeedTarget Follow(IServiceProvider silo, PoolKey pool)
    {
        var index = silo.GetRequiredService<SlicedIndexes>().Open(pool, () => 1);
        var target = new FeedTarget("pool", Engine, index, index.AddHolder(new HolderName(Engine, "Gpu")), PoolKeyScheme.Create("sha256_cbor", "42").Value!, 16) { EngineName = Engine };
        silo.GetRequiredService<KnownEngines>().Add(target);
        return target;
    }

    private sealed class KnownEngines : IEngineDirectory
    {
        private readonly ConcurrentQueue<FeedTarget> _engines = new();

        public IReadOnlyCollection<FeedTarget> Engines => _engines;

        public void Add(FeedTarget target) => _engines.Enqueue(target);
    }
}
