namespace OrleansKvRouter.KvIndex.Blocks;

/// <summary>
/// When things change their meaning. A holder set's number, a holder's tag and a chunk's memory that have gone out of
/// use are used again only in a later epoch. A walk that began and ended in the same epoch has therefore met none
/// that changed under it; any other is done again. Epochs change once in thousands of written blocks.
/// </summary>
internal sealed class Epoch
{
    private long _current;

    public long Current => Volatile.Read(ref _current);

    /// <summary>True when all that this thread read since <paramref name="epoch"/> was current belongs to it.</summary>
    public bool IsStill(long epoch)
    {
        Volatile.ReadBarrier();
        return _current == epoch;
    }

    /// <summary>For the writer: after it, what went out of use before may be used again.</summary>
    public void Advance()
    {
        Volatile.Write(ref _current, _current + 1);

        // Nobody sees what is written from here on without seeing the new epoch.
        Volatile.WriteBarrier();
    }
}
