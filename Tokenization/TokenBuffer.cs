namespace OrleansKvRouter.Tokenization;

/// <summary>A growing list of token ids that is reused from request to request. Not safe for two threads at once.</summary>
public sealed class TokenBuffer
{
    private uint[] _ids = new uint[1024];

    public int Count { get; private set; }

    public ReadOnlySpan<uint> Ids => _ids.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Add(uint id)
    {
        if (Count == _ids.Length) Array.Resize(ref _ids, Count * 2);
        _ids[Count++] = id;
    }

    public void Add(ReadOnlySpan<uint> ids)
    {
        ids.CopyTo(Reserve(ids.Length));
        Count += ids.Length;
    }

    /// <summary>Room for <paramref name="count"/> more ids behind the last; <see cref="Commit"/> says how many were written.</summary>
    public Span<uint> Reserve(int count)
    {
        if (Count + count > _ids.Length) Array.Resize(ref _ids, Math.Max(_ids.Length * 2, Count + count));
        return _ids.AsSpan(Count, count);
    }

    public void Commit(int count) => Count += count;

    /// <summary>Cuts what stands from <paramref name="start"/> on to <paramref name="keep"/> ids, the last of them unless <paramref name="keepFirst"/>.</summary>
    internal void Trim(int start, int keep, bool keepFirst)
    {
        if (!keepFirst) _ids.AsSpan(Count - keep, keep).CopyTo(_ids.AsSpan(start));
        Count = start + keep;
    }
}
