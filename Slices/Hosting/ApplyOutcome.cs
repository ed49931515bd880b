namespace OrleansKvRouter.Slices.Hosting;

/// <summary>What became of a page's deltas.</summary>
public record struct ApplyOutcome
{
    public int Applied { get; set; }

    /// <summary>They were there before.</summary>
    public int Duplicates { get; set; }

    /// <summary>Others before them are missing: their owner will notice, and send them again.</summary>
    public int Gaps { get; set; }

    /// <summary>They came from one who is not the engine's owner any more.</summary>
    public int Outdated { get; set; }

    /// <summary>They cannot be read.</summary>
    public int Malformed { get; set; }
}
