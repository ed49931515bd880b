using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Slices;
using OrleansKvRouter.Slices.Hosting;

namespace OrleansKvRouter.Grains.Membership;

/// <summary>The silos that are active now, as this one knows them, and what belongs where. Any thread.</summary>
public sealed class Silos : IDisposable
{
    private readonly ILocalSiloDetails _local;
    private readonly IClusterMembershipService _membership;
    private readonly CancellationTokenSource _stop = new();
    private volatile ActiveSilos _active = new([]);

    public Silos(ILocalSiloDetails local, IClusterMembershipService membership, ILogger<Silos> log)
    {
        (_local, _membership) = (local, membership);
        Note(membership.CurrentSnapshot);
        Following = Task.Run(() => FollowAsync(log));
    }

    /// <summary>This silo.</summary>
    public SiloAddress Local => _local.SiloAddress;

    /// <summary>The active silos; the same object while nothing changes.</summary>
    public ActiveSilos Active => _active;

    /// <summary>Raised after <see cref="Active"/> has changed.</summary>
    public event Action? Changed;

    private Task Following { get; }

    public void Dispose() => _stop.Cancel();

    private async Task FollowAsync(ILogger log)
    {
        try
        {
            await foreach (var snapshot in _membership.MembershipUpdates.WithCancellation(_stop.Token)) Note(snapshot);
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            log.MembershipLost(e);
        }
    }

    private void Note(ClusterMembershipSnapshot snapshot)
    {
        var active = new ActiveSilos([.. snapshot.Members.Values.Where(member => member.Status == SiloStatus.Active).Select(member => member.SiloAddress).Order()]);
        if (active.Equals(_active)) return;
        _active = active;
        Changed?.Invoke();
    }
}

/// <summary>Active silos at one moment, in an order that is the same everywhere.</summary>
public sealed class ActiveSilos(SiloAddress[] silos) : IEquatable<ActiveSilos>
{
    private readonly string[] _names = [.. silos.Select(silo => silo.ToParsableString())];
    private readonly ConcurrentDictionary<PoolKey, SiloAddress[]> _hosts = new();

    public IReadOnlyList<SiloAddress> All => silos;

    /// <summary>By slice of a pool, the silo that is to host it; empty while no silo is active. The same array each time: not to be written.</summary>
    public SiloAddress[] HostsOf(PoolKey pool) => silos.Length == 0 ? [] : _hosts.GetOrAdd(pool, Assign);

    /// <summary>The silo that an engine's feed belongs to; null while no silo is active.</summary>
    public SiloAddress? HostOf(string engine) => silos.Length == 0 ? null : silos[SliceAssignment.OfEngine(engine, _names)];

    public bool Equals(ActiveSilos? other) => other is not null && silos.AsSpan().SequenceEqual(other.All.ToArray());

    public override bool Equals(object? obj) => Equals(obj as ActiveSilos);

    public override int GetHashCode() => silos.Length == 0 ? 0 : HashCode.Combine(silos.Length, silos[0]);

    private SiloAddress[] Assign(PoolKey pool) => Array.ConvertAll(SliceAssignment.OfSlices(pool.Text, pool.Slices, _names), place => silos[place]);
}
