namespace OrleansKvRouter.EngineSim.Core;

/// <summary>
/// The blocks that nobody uses, in the order in which they will be reused. A doubly linked list inside two arrays:
/// a block that becomes a prefix hit is taken out of the middle in O(1).
/// </summary>
internal sealed class FreeQueue
{
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly int _end;

    /// <summary>Starts with the blocks 0 to <paramref name="blocks"/> − 1, in that order.</summary>
    public FreeQueue(int blocks)
    {
        _end = blocks;
        _next = new int[blocks + 1];
        _previous = new int[blocks + 1];
        for (var block = 0; block <= blocks; block++)
        {
            _next[block] = block == blocks ? 0 : block + 1;
            _previous[block] = block == 0 ? blocks : block - 1;
        }

        Count = blocks;
    }

    public int Count { get; private set; }

    /// <summary>Takes the block that is to be reused first; the queue must not be empty.</summary>
    public int TakeFirst()
    {
        var block = _next[_end];
        Remove(block);
        return block;
    }

    public void Remove(int block)
    {
        _next[_previous[block]] = _next[block];
        _previous[_next[block]] = _previous[block];
        Count--;
    }

    /// <summary>Puts a block where it is reused next.</summary>
    public void AddFirst(int block) => InsertBefore(_next[_end], block);

    /// <summary>Puts a block where it is reused last.</summary>
    public void AddLast(int block) => InsertBefore(_end, block);

    private void InsertBefore(int successor, int block)
    {
        var predecessor = _previous[successor];
        _next[predecessor] = _previous[successor] = block;
        _next[block] = successor;
        _previous[block] = predecessor;
        Count++;
    }
}
