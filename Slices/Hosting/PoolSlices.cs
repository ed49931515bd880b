using System.Collections.Concurrent;
using System.Numerics;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Slices.Walks;

namespace OrleansKvRouter.Slices.Hosting;

/// <summary>
/// The slices of one pool that this silo hosts. They come and go; walks read them without asking anybody, and one that went to
/// another silo is read as it was until it is there.
/// </summary>
public sealed class PoolSlices
{
    /// <summary>So long may it take until a slice that left is somewhere else; what it says is old by then.</summary>
    private static readonly TimeSpan LongestMove = TimeSpan.FromSeconds(10);

    /// <summary>So long after that all silos have heard of it.</summary>
    private static readonly TimeSpan NewsTime = TimeSpan.FromSeconds(1);

    private readonly ConcurrentBag<Workspace> _workspaces = [];
    private readonly Slice?[] _slices;
    private readonly LeftSlice?[] _left;
    private readonly TimeProvider _time;

    /// <param name="slices">Slices of the pool.</param>
    /// <param name="time">The clock.</param>
    public PoolSlices(int slices, TimeProvider time) => (_slices, _left, _time, Numbers) = (new Slice?[slices], new LeftSlice?[slices], time, new HolderNumbers(time));

    /// <summary>Slices of the pool, here or elsewhere.</summary>
    public int Count => _slices.Length;

    internal HolderNumbers Numbers { get; }

    /// <summary>The slices that walks from here find here, a bit each: those hosted, and those that left and are nowhere else yet.</summary>
    public ulong Here => MaskOf(static (pool, slice) => pool[slice] is not null || pool.LeftOf(slice) is { IsElsewhere: false });

    /// <summary>The slices that are hosted here, a bit each.</summary>
    public ulong Hosted => MaskOf(static (pool, slice) => pool[slice] is not null);

    /// <summary>Those that left and still answer walks.</summary>
    public ulong Left => MaskOf(static (pool, slice) => pool.LeftOf(slice) is not null);

    /// <summary>A slice that is here; null for one that is not.</summary>
    public Slice? this[int slice] => Volatile.Read(ref _slices[slice]);

    /// <summary>A slice that is to be hosted here, to be loaded before <see cref="Host"/>.</summary>
    public Slice Create(IndexOptions options) => new(Numbers, options);

    /// <summary>From now on the slice is here.</summary>
    public void Host(int number, Slice slice)
    {
        Volatile.Write(ref _slices[number], slice);
        Forget(number);
    }

    /// <summary>From now on it is not.</summary>
    public void Leave(int number, Slice slice)
    {
        if (Interlocked.CompareExchange(ref _slices[number], null, slice) == slice) slice.Leave();
    }

    /// <summary>From now on another silo is to host it. Until that does, walks find here what it held.</summary>
    public void HandOver(int number, Slice slice)
    {
        // In this order, so that there is no moment without it.
        Forget(number);
        Volatile.Write(ref _left[number], new LeftSlice(slice, _time.GetTimestamp()));
        if (Interlocked.CompareExchange(ref _slices[number], null, slice) != slice) Forget(number);
    }

    /// <summary>Another silo hosts these slices: walks from here ask it. Silos that have not heard of it yet are answered for a while.</summary>
    public void NoteElsewhere(ulong slices)
    {
        for (var number = 0; number < _left.Length; number++)
        {
            if ((slices & (1UL << number)) != 0 && LeftOf(number) is { IsElsewhere: false } left) left.NoteElsewhere(_time.GetTimestamp());
        }
    }

    /// <summary>Lets go of what left and is elsewhere, or is too old to be of use.</summary>
    public void Sweep()
    {
        for (var number = 0; number < _left.Length; number++)
        {
            if (LeftOf(number) is { } left && _time.GetElapsedTime(left.Since) > (left.IsElsewhere ? NewsTime : LongestMove)) Forget(number);
        }
    }

    /// <summary>Answers another silo's walk (<see cref="ISliceLinks.WalkAsync"/>).</summary>
    public byte[] Answer(ReadOnlySpan<byte> question)
    {
        var work = Rent();
        WalkWire.TryRead(question, work.Split, out var wanted, out var length);
        var absent = Walk(work, wanted, length);
        var answer = WalkWire.Answer(absent, work.Found, Numbers);
        Return(work);
        return answer;
    }

    /// <summary>Looks a chain, cut already, up in slices that are here.</summary>
    /// <returns>Those that are not.</returns>
    internal ulong Walk(Workspace work, ulong wanted, int length)
    {
        work.Found.Reset();
        var absent = 0UL;
        for (; wanted != 0; wanted &= wanted - 1)
        {
            var number = BitOperations.TrailingZeroCount(wanted);
            if (number >= Count || (this[number] ?? LeftOf(number)?.Slice) is not { } slice)
            {
                absent |= 1UL << number;
                continue;
            }

            slice.Walk(work.Split.KeysOf(number), work.Split.PlacesOf(number), length, work.Matches, work.Part);
            work.Found.Join(work.Part);
        }

        return absent;
    }

    internal Workspace Rent() => _workspaces.TryTake(out var work) ? work : new Workspace();

    internal void Return(Workspace work) => _workspaces.Add(work);

    private LeftSlice? LeftOf(int slice) => Volatile.Read(ref _left[slice]);

    private void Forget(int number) => Interlocked.Exchange(ref _left[number], null)?.Slice.Leave();

    private ulong MaskOf(Func<PoolSlices, int, bool> holds)
    {
        var mask = 0UL;
        for (var slice = 0; slice < _slices.Length; slice++) mask |= holds(this, slice) ? 1UL << slice : 0;
        return mask;
    }

    /// <summary>A slice on its way to another silo.</summary>
    private sealed class LeftSlice(Slice slice, long left)
    {
        private long _since = left;
        private volatile bool _isElsewhere;

        public Slice Slice => slice;

        /// <summary>When it left, or was known to be elsewhere; a timestamp.</summary>
        public long Since => Volatile.Read(ref _since);

        /// <summary>Whether another silo hosts it.</summary>
        public bool IsElsewhere => _isElsewhere;

        public void NoteElsewhere(long now)
        {
            Volatile.Write(ref _since, now);
            _isElsewhere = true;
        }
    }

    /// <summary>What a walk needs, reused.</summary>
    internal sealed class Workspace
    {
        public KeySplit Split { get; } = new();

        public PrefixMatches Matches { get; } = new();

        public FirstMissing Part { get; } = new();

        public FirstMissing Found { get; } = new();

        /// <summary>Calls of other silos under way.</summary>
        public List<(SliceHost Host, Task<byte[]> Answer)> Asked { get; } = [];
    }
}
