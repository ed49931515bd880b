namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>
/// Batches of an engine that cannot be applied yet, oldest first. Bounded in number and in bytes over all engines; what
/// gives way is the oldest, so that the rest joins up without a hole. For one thread at a time.
/// </summary>
/// <param name="limit">How many there may be.</param>
/// <param name="budget">Shared by the engines.</param>
/// <param name="time">Tells how old they are.</param>
/// <param name="count">Called with <c>kept</c>, and then <c>applied</c> or <c>dropped</c>.</param>
internal sealed class KeptBatches(int limit, ByteBudget budget, TimeProvider time, Action<string> count)
{
    private readonly Queue<Kept> _batches = new();

    public int Count => _batches.Count;

    public void Keep(long sequence, ReadOnlySpan<byte> payload)
    {
        if (_batches.Count >= limit) Drop();
        while (!budget.TryTake(payload.Length))
        {
            if (_batches.Count == 0)
            {
                count("dropped");
                return;
            }

            Drop();
        }

        _batches.Enqueue(new Kept(sequence, payload.ToArray(), time.GetTimestamp()));
        count("kept");
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
        budget.GiveBack(_batches.Dequeue().Payload.Length);
        count("applied");
    }

    /// <summary>Drops what is older than <paramref name="age"/>.</summary>
    public void DropOlderThan(TimeSpan age)
    {
        while (_batches.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Arrived) > age) Drop();
    }

    public void DropAll()
    {
        while (_batches.Count > 0) Drop();
    }

    private void Drop()
    {
        budget.GiveBack(_batches.Dequeue().Payload.Length);
        count("dropped");
    }

    private readonly record struct Kept(long Sequence, byte[] Payload, long Arrived);
}
