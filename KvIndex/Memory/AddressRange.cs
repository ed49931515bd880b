using System.ComponentModel;
using System.Runtime.InteropServices;

namespace OrleansKvRouter.KvIndex.Memory;

/// <summary>
/// A range of addresses that memory comes and goes behind. It never moves and never goes before its owner does, so a reader
/// may look at any address that was ever in use: where memory has been given back it reads zeros. Reserving costs
/// nothing; a page costs when it is first written. One writer. The memory goes with <see cref="GiveBackAll"/>, the addresses with the
/// last reference: whoever works with them keeps the owner alive.
/// </summary>
internal sealed unsafe class AddressRange : IThreadPoolWorkItem
{
    private const long Page = 4096;
    private const long SmallStep = 64 << 10;
    private const long HugePage = 2 << 20;

    private const int MaxUncollected = 1024;

    private static int _ranges;

    private readonly byte* _reserved;
    private readonly long _capacity;
    private readonly Lock _clearing = new();
    private long _usable;
    private long _cleared;
    private long _enough;

    /// <param name="capacity">Bytes that there can ever be.</param>
    /// <param name="hugePages">
    /// Asks for pages of 2 MB beyond the first 2 MB. A walk reads at random places, and most of what a read costs beyond the
    /// caches is finding the page. It is a wish: where the system grants none, pages are small.
    /// </param>
    public AddressRange(long capacity, bool hugePages)
    {
        _capacity = capacity;
        if (Interlocked.Increment(ref _ranges) % MaxUncollected == 0)
        {
            // Only the collector tells which ranges nobody refers to any more, and it does not know how few there can be.
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        _reserved = LibC.Map(null, Reserved, LibC.ProtNone, LibC.MapPrivate | LibC.MapAnonymous | LibC.MapNoReserve, -1, 0);
        if (_reserved == LibC.Failed)
        {
            GC.SuppressFinalize(this);
            Interlocked.Decrement(ref _ranges);
            throw new InsufficientMemoryException($"the index cannot reserve {capacity >> 30} GB of addresses: {Reason()}; lift the limit on virtual memory (ulimit -v)");
        }

        // A step that ends within a page of 2 MB would leave the system no room for it when it is first written.
        Start = Aligned(_reserved, HugePage);
        if (hugePages) _ = LibC.Advise(Start + HugePage, (nuint)(capacity - HugePage), LibC.AdviseHugePages);
    }

    ~AddressRange()
    {
        _ = LibC.Unmap(_reserved, Reserved);
        Interlocked.Decrement(ref _ranges);
    }

    public byte* Start { get; }

    private nuint Reserved => (nuint)(_capacity + HugePage);

    /// <summary>
    /// Makes the first <paramref name="bytes"/> usable, if they are not. What the next step will need is cleared by another thread
    /// when the last quarter of a step is begun: clearing pages would else be a tenth of what a block costs the writer.
    /// </summary>
    public void Extend(long bytes)
    {
        if (bytes <= _enough) return;
        if (bytes > _capacity) throw new InsufficientMemoryException($"the index has outgrown its {_capacity >> 30} GB of addresses; bound it");
        var step = _usable < HugePage ? SmallStep : HugePage;
        var usable = Math.Min(_capacity, (Math.Max(bytes, _usable + 1) + step - 1) / step * step);
        if (LibC.Protect(Start + _usable, (nuint)(usable - _usable), LibC.ProtReadWrite) != 0)
        {
            throw new InsufficientMemoryException($"the system refuses the index {usable - _usable} bytes more: {Reason()}");
        }

        var isFirst = _usable == 0;
        (_cleared, _usable) = (_usable, usable);
        _enough = usable == _capacity ? usable : usable - (step / 4);
        if (!isFirst) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Clears the step that was made usable last. The system does it where a page is written first if this comes too late, or cannot.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        lock (_clearing)
        {
            var (from, to) = (Volatile.Read(ref _cleared), Volatile.Read(ref _usable));
            if (to > from) _ = LibC.Advise(Start + from, (nuint)(to - from), LibC.AdvisePopulateWrite);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Gives all memory back. Readers may go on and see zeros; nobody may write any more. For the writer.</summary>
    public void GiveBackAll()
    {
        lock (_clearing)
        {
            GiveBack(0, _usable);
            _cleared = _usable;
        }
    }

    /// <summary>Gives the whole pages of a stretch back. They read as zeros until they are written again.</summary>
    public void GiveBack(long offset, long length)
    {
        var from = Aligned(Start + offset, Page);
        var to = (byte*)((long)(Start + offset + length) & ~(Page - 1));
        if (to > from && LibC.Advise(from, (nuint)(to - from), LibC.AdviseDontNeed) != 0)
        {
            throw new InvalidOperationException($"memory of the index cannot be given back: {Reason()}");
        }
    }

    private static byte* Aligned(byte* at, long size) => (byte*)(((long)at + size - 1) & ~(size - 1));

    private static string Reason() => new Win32Exception(Marshal.GetLastPInvokeError()).Message;
}
