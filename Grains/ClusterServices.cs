using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using OrleansKvRouter.Grains.Feeds;
using OrleansKvRouter.Grains.Gossip;
using OrleansKvRouter.Grains.Membership;
using OrleansKvRouter.Grains.Slices;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.Slices;

namespace OrleansKvRouter.Grains;

/// <summary>What a silo of the router consists of, beside the node.</summary>
public static class ClusterServices
{
    /// <summary>
    /// Adds grains' services, placement and what silos tell each other (every <see cref="IGossipTopic"/> that is there). A <see cref="SliceStores"/>, a <see cref="SliceHostingOptions"/> and a <see cref="SlicedIndexOptions"/> that are there already are used.
    /// </summary>
    public static ISiloBuilder AddKvRouterGrains(this ISiloBuilder silo)
    {
        silo.Services.TryAddSingleton(TimeProvider.System);
        silo.Services.TryAddSingleton(new SliceHostingOptions());
        silo.Services.TryAddSingleton(new SlicedIndexOptions());
        silo.Services.TryAddSingleton(new SliceStores(null));
        silo.Services
            .AddSingleton<SliceInstruments>()
            .AddSingleton<SliceHosting>()
            .AddSingleton<Silos>()
            .AddSingleton<SliceKeeper>()
            .AddSingleton<IHostedService>(services => services.GetRequiredService<SliceKeeper>())
            .AddSingleton<SliceWhereabouts>()
            .AddSingleton<IGossipTopic>(services => services.GetRequiredService<SliceWhereabouts>())
            .AddSingleton<SlicedIndexes>()
            .AddSingleton<GossipInstruments>()
            .AddSingleton<GossipCircle>()
            .AddSingleton<GossipClient>()
            .AddHostedService<GossipTeller>()
            .AddSingleton<FeedInstruments>()
            .AddSingleton<FeedSharing>()
            .AddSingleton<IFeedSharing>(services => services.GetRequiredService<FeedSharing>());
        silo.AddGrainService<GossipService>();
        KeepActivationsWhenSilosGo(silo);
        return silo.AddPlacementDirector<AssignedPlacement, AssignedPlacementDirector>().Configure<ClusterMembershipOptions>(NoticeDeathSoon).Configure<SiloMessagingOptions>(GiveUpOnLostMessages);
    }

    /// <summary>
    /// Adds the following of engines; an <see cref="IEngineDirectory"/> must be there, and events come in once the node has started
    /// its subscriber with the <see cref="IFeedSharing"/>.
    /// </summary>
    public static ISiloBuilder AddKvRouterFeeds(this ISiloBuilder silo)
    {
        silo.Services.AddSingleton<IGossipTopic, FeedStatuses>().AddSingleton<FeedKeeper>().AddSingleton<IHostedService>(services => services.GetRequiredService<FeedKeeper>());
        return silo;
    }

    /// <summary>
    /// Orleans' older directory of grains lets go of every grain whose entry was on a silo that left, wherever it is active: of three silos' slices
    /// and feeds a third, all in good health, would be loaded anew beside those that were lost. This one asks who has them.
    /// Of itself it keeps what a lost silo had from being anywhere for half a minute, lest that silo live. Here it would do no harm:
    /// of two owners of an engine slices believe the newer, and of two writers of snapshots one has the place.
    /// </summary>
    private static void KeepActivationsWhenSilosGo(ISiloBuilder silo)
    {
#pragma warning disable ORLEANSEXP003 // Orleans marks it as experimental still.
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        silo.Configure<GrainDirectoryOptions>(directory => directory.RangeLeaseDuration = TimeSpan.Zero);
    }

    /// <summary>
    /// A silo that was killed is given up within two seconds, and its slices are loaded elsewhere then; one that a busy machine holds up for
    /// a second is not. One silo's word suffices, since clusters of routers are small, and who is given up wrongly comes back as a new silo with nothing lost.
    /// </summary>
    private static void NoticeDeathSoon(ClusterMembershipOptions options)
    {
        (options.ProbeTimeout, options.MinProbeTimeout, options.MaxProbeTimeout) = (TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1));
        (options.NumMissedProbesLimit, options.NumVotesForDeathDeclaration, options.EnableIndirectProbes) = (3, 1, false);
        options.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        // A silo that joins must reach every silo of the list but those that have not been heard for so long: after all were killed at once,
        // it is this that the first ones wait for.
        (options.IAmAliveTablePublishTimeout, options.NumMissedTableIAmAliveLimit) = (TimeSpan.FromSeconds(1.5), 2);
    }

    /// <summary>
    /// A message that was on a connection which broke is never answered, and who sent it waits: where that was a new grain's entry in
    /// the directory, a slice is nowhere meanwhile. Every call here takes milliseconds, and is made again.
    /// </summary>
    private static void GiveUpOnLostMessages(SiloMessagingOptions options) => options.ResponseTimeout = options.SystemResponseTimeout = TimeSpan.FromSeconds(10);
}
