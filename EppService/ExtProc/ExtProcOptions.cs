namespace OrleansKvRouter.EppService.ExtProc;

/// <summary>What bounds an ext_proc conversation.</summary>
internal sealed record ExtProcOptions
{
    /// <summary>The longest request body that is read for a decision, in bytes; a longer one is refused with 413.</summary>
    public int MaxBodyBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>
    /// The longest single message. It leaves room above <see cref="MaxBodyBytes"/>, so that a body that a data plane
    /// buffered and that is too long gets its 413 rather than a broken stream.
    /// </summary>
    public int MaxMessageBytes { get; init; } = 64 * 1024 * 1024;
}
