namespace OrleansKvRouter.KvEvents.Feeds;

/// <summary>Lets one message a minute through, and tells how many it held back before. For one thread at a time.</summary>
internal struct LogGate
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private long _passed;
    private long _heldBack;
    private bool _used;

    public bool TryPass(TimeProvider time, out long heldBack)
    {
        heldBack = _heldBack;
        if (_used && time.GetElapsedTime(_passed) < Interval)
        {
            _heldBack++;
            return false;
        }

        (_used, _passed, _heldBack) = (true, time.GetTimestamp(), 0);
        return true;
    }
}
