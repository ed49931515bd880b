namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>Bytes that many streams may hold together. Any thread may take and give back.</summary>
internal sealed class ByteBudget(long limit)
{
    private long _used;

    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= limit) return true;
        GiveBack(bytes);
        return false;
    }

    public void GiveBack(long bytes) => Interlocked.Add(ref _used, -bytes);
}
