using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>How an engine's stream fares, as the process that applies its events tells the others.</summary>
public sealed record FeedReport
{
    /// <summary>The engine (<see cref="FeedTarget.EngineName"/>).</summary>
    public required string Engine { get; init; }

    public required TrustState State { get; init; }

    public required string Cause { get; init; }

    public DateTimeOffset? Since { get; init; }

    public SchemeParts Differs { get; init; }

    public bool IsIncomplete { get; init; }

    public required long Cursor { get; init; }

    public long Batches { get; init; }

    public long Lost { get; init; }

    public long Malformed { get; init; }

    public long Replayed { get; init; }

    public long Purges { get; init; }

    public long Removed { get; init; }

    /// <summary>The form of its events, packed.</summary>
    public int Wire { get; init; }

    public ExtraKeyEra? ExtraKeys { get; init; }

    public int KeysPerBlock { get; init; } = 1;

    /// <summary>Tiers in which it has announced blocks, a bit each.</summary>
    public int Tiers { get; init; }

    /// <summary>What there is to tell of an engine now.</summary>
    internal static FeedReport Of(FeedTarget target)
    {
        var (status, standing, tiers) = (target.Status, target.Standing, 0);
        for (var tier = Tier.Gpu; (int)tier < Applying.Tiers.Count; tier++) tiers |= target.HolderOf(tier) is null ? 0 : 1 << (int)tier;
        return new FeedReport
        {
            Engine = target.EngineName ?? "",
            State = standing.State,
            Cause = standing.Cause,
            Since = standing.Since,
            Differs = standing.Differs,
            IsIncomplete = standing.IsIncomplete,
            Cursor = status.Cursor,
            Batches = status.Batches,
            Lost = status.Lost,
            Malformed = status.Malformed,
            Replayed = status.Replayed,
            Purges = status.Purges,
            Removed = status.Removed,
            Wire = status.Wire.Pack(),
            ExtraKeys = status.ExtraKeys,
            KeysPerBlock = target.KeysPerBlock,
            Tiers = tiers,
        };
    }

    /// <summary>Shows it of an engine whose events another process applies. Under the target's lock.</summary>
    internal void ShowOn(FeedTarget target)
    {
        var status = target.Status;
        (status.Cursor, status.Batches, status.Lost, status.Malformed) = (Cursor, Batches, Lost, Malformed);
        (status.Replayed, status.Purges, status.Removed) = (Replayed, Purges, Removed);
        status.Wire = WireForm.Unpack(Wire);
        status.NoteExtraKeys(ExtraKeys);
        status.Trust = new EngineTrust(State, Cause, Since) { Differs = Differs, IsIncomplete = IsIncomplete };
        target.KeysPerBlock = KeysPerBlock;
        for (var tier = Tier.Gpu; (int)tier < Applying.Tiers.Count; tier++)
        {
            if ((Tiers & (1 << (int)tier)) != 0) target.HolderFor(tier);
        }
    }
}
