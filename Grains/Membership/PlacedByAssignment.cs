using Orleans.Placement;
using Orleans.Runtime.Placement;
using OrleansKvRouter.Slices;

namespace OrleansKvRouter.Grains.Membership;

/// <summary>Grains go where <see cref="ActiveSilos"/> says that they belong: slices by their number, feeds by their engine.</summary>
[GenerateSerializer]
[Immutable]
public sealed class AssignedPlacement : PlacementStrategy;

/// <inheritdoc cref="AssignedPlacement"/>
[AttributeUsage(AttributeTargets.Class)]
public sealed class AssignedPlacementAttribute() : PlacementAttribute(new AssignedPlacement());

/// <inheritdoc cref="AssignedPlacement"/>
internal sealed class AssignedPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        // The array is shared; the order must be everybody's.
        var compatible = context.GetCompatibleSilos(target).ToArray();
        Array.Sort(compatible);
        if (IPlacementDirector.GetPlacementHint(target.RequestContextData, compatible) is { } wanted) return Task.FromResult(wanted);
        var silos = new ActiveSilos(compatible);
        var key = target.GrainIdentity.Key.ToString()!;
        return Task.FromResult(PoolKey.TryParseSlice(key, out var pool, out var slice) ? silos.HostsOf(pool)[slice] : silos.HostOf(key)!);
    }
}
