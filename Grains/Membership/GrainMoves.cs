using Orleans.Runtime.Placement;

namespace OrleansKvRouter.Grains.Membership;

/// <summary>Grains go where they belong by now.</summary>
internal static class GrainMoves
{
    /// <summary>Moves the grain as soon as nothing calls it. Merely deactivated it would come back here, as long as others remember it here and call it.</summary>
    public static void MoveTo(this Grain grain, SiloAddress host)
    {
        RequestContext.Set(IPlacementDirector.PlacementHintKey, host);
        grain.MigrateOnIdle();
    }
}
