using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;
using OrleansKvRouter.Grains;
using OrleansKvRouter.Grains.Gossip;

namespace OrleansKvRouter.Tests.Cluster.InProcess;

/// <summary>What silos tell each other, on three of them.</summary>
public sealed class GossipTests : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(3);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<Told>().AddSingleton<IGossipTopic>(services => services.GetRequiredService<Told>());
            silo.AddKvRouterGrains();
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Tell_SomethingNew_AllOthersHearItOnceInOrder()
    {
        var (first, from) = (TopicOf(0), _cluster.Silos[0].SiloAddress);
        for (byte i = 1; i <= 50; i++)
        {
            first.News.Enqueue(i);
            await Task.Yield();
        }

        foreach (var other in new[] { TopicOf(1), TopicOf(2) }) await Eventually.TrueAsync(() => other.Heard.Count(heard => heard.From.Equals(from)) == 50, "what was told is heard");
        Assert.All([TopicOf(1), TopicOf(2)], other => Assert.Equal(Enumerable.Range(1, 50).Select(i => (byte)i), other.Heard.Where(heard => heard.From.Equals(from)).Select(heard => heard.Value)));
        Assert.Empty(first.Heard);
    }

    [Fact]
    public async Task Kill_OneSilo_TheOthersForgetIt()
    {
        var gone = _cluster.Silos[2];
        TopicOf(2).News.Enqueue(1);
        await Eventually.TrueAsync(() => TopicOf(0).Heard.Any(heard => heard.From.Equals(gone.SiloAddress)), "what was told is heard");

        await _cluster.KillSiloAsync(gone);
        foreach (var other in new[] { TopicOf(0), TopicOf(1) }) await Eventually.TrueAsync(() => other.Forgotten.Contains(gone.SiloAddress), "a silo that is gone is forgotten");
        Assert.DoesNotContain(_cluster.Silos[1].SiloAddress, TopicOf(0).Forgotten);
    }

    private Told TopicOf(int silo) => _cluster.Silos[silo].ServiceProvider.GetRequiredService<Told>();

    /// <summary>Tells each byte once.</summary>
    private sealed class Told : IGossipTopic
    {
        public string Name => "test";

        public ConcurrentQueue<byte> News { get; } = new();

        public ConcurrentQueue<(SiloAddress From, byte Value)> Heard { get; } = new();

        public ConcurrentBag<SiloAddress> Forgotten { get; } = [];

        public byte[]? Look(bool full)
        {
            List<byte> all = [];
            while (News.TryDequeue(out var value)) all.Add(value);
            return all.Count == 0 ? null : [.. all];
        }

        public bool Hear(SiloAddress silo, ReadOnlyMemory<byte> told)
        {
            foreach (var value in told.ToArray()) Heard.Enqueue((silo, value));
            return true;
        }

        public void Forget(SiloAddress silo) => Forgotten.Add(silo);
    }
}
