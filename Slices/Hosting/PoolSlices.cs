using System.Collections.Concurrent;
using System.Numerics;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Slices.Walks;

namespace OrleansKvRouter.Slices.Hosting;

/// <summary>The slices of one pool that this silo hosts. They come and go; walks read them without asking anybody.</summary>
public sealed class PoolSlices
{
    private readonly ConcurrentBag<Workspace> _workspaces = [];
    private readonly Slice?[] _slices;

    /// <param name="slices">Slices of the pool.</param>
    /// <param name="time">The clock.</param>
    public PoolSlices(int slices, TimeProvider time) => (_slices, Numbers) = (new Slice?[slices], new HolderNumbers(time));

    /// <summary>Slices of the pool, here or elsewhere.</summary>
    public int Count => _slices.Length;

    internal HolderNumbers Numbers { get; }

    /// <summary>The slices that are here, a bit each.</summary>
    public ulong Here
    {
        get
        {
            var here = 0UL;
            for (var slice = 0; slice < _slices.Length; slice++)
            {
                if (this[slice] is not null) here |= 1UL << slice;
            }

            return here;
        }
    }

    /// <summary>A slice that is here; null for one that is not.</summary>
    public Slice? this[int slice] => Volatile.Read(ref _slices[slice]);

    /// <summary>A slice that is to be hosted here, to be loaded before <see cref="Host"/>.</summary>
    public Slice Create(IndexOptions options) => new(Numbers, options);

    /// <summary>From now on the slice is here.</summary>
    public void Host(int number, Slice slice) => Volatile.Write(ref _slices[number], slice);

    /// <summary>From now on it is not.</summary>
    public void Leave(int number, Slice slice)
    {
        if (Interlocked.CompareExchange(ref _slices[number], null, slice) == slice) slice.Leave();
    }

    /// <summary>Answers another silo's walk (<see cref="ISliceLinks.WalkAsync"/>).</summary>
    public byte[] Answer(ReadOnlySpan<byte> question)
    {
        var work = Rent();
        if (!WalkWire.TryRead(question, out var wanted, out var keys)) wanted = 0;
        work.Split.Cut(keys, Count);
        var absent = Walk(work, wanted & work.Split.Present, keys.Length);
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
            if (number >= Count || this[number] is not { } slice)
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
