namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// Batches of an engine that no pool knows yet, oldest first. Bounded in number, in bytes over all engines, and in
/// time; what gives way is the oldest, so that the rest joins up without a hole. For one thread at a time.
/// </summary>
internal sealed class KeptBatches(FeedServices services)
{
    private readonly Queue<Kept> _batches = new();

    public int Count => _batches.Count;

    public void Keep(long sequence, ReadOnlySpan<byte> payload)
    {
        if (_batches.Count >= services.Options.MaxKeptBatches) Drop();
        while (!services.Kept.TryTake(payload.Length))
        {
            if (_batches.Count == 0)
            {
                services.Instruments.UnknownPod("dropped");
                return;
            }

            Drop();
        }

        _batches.Enqueue(new Kept(sequence, payload.ToArray(), services.Time.GetTimestamp()));
        services.Instruments.UnknownPod("kept");
    }

    /// <summary>The oldest batch's number and payload, which stays until <see cref="Taken"/>.</summary>
    public bool TryPeek(out long sequence, out byte[] payload)
    {
        var any = _batches.TryPeek(out var oldest);
        (sequence, payload) = (oldest.Sequence, oldest.Payload);
        return any;
    }

    /// <summary>Lets the oldest go because it was applied.</summary>
    public void Taken()
    {
        services.Kept.GiveBack(_batches.Dequeue().Payload.Length);
        services.Instruments.UnknownPod("applied");
    }

    /// <summary>Drops what is older than the grace time.</summary>
    public void DropExpired()
    {
        while (_batches.TryPeek(out var oldest) && services.Time.GetElapsedTime(oldest.Arrived) > services.Options.UnknownPodGrace) Drop();
    }

    public void DropAll()
    {
        while (_batches.Count > 0) Drop();
    }

    private void Drop()
    {
        services.Kept.GiveBack(_batches.Dequeue().Payload.Length);
        services.Instruments.UnknownPod("dropped");
    }

    private readonly record struct Kept(long Sequence, byte[] Payload, long Arrived);
}
