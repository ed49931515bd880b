namespace OrleansKvRouter.EppService.Sharing;

/// <summary>How replicas share what they route.</summary>
internal sealed record SharingOptions
{
    /// <summary>This replica's name, another after each start.</summary>
    public required string Replica { get; init; }

    /// <summary>How old what another said of its load may be and still count.</summary>
    public TimeSpan Bound { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Block keys that wait at most to be told: 2 MB.</summary>
    public int MaxWaitingKeys { get; init; } = 256 * 1024;
}
