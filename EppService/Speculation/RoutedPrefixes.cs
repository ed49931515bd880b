using System.Numerics;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;

namespace OrleansKvRouter.EppService.Speculation;

/// <summary>
/// Which prefixes a pool's ranks were just sent: an index of its own, small and bounded in bytes, in which every rank has a holder for
/// each of three generations. Half a holding time long everything is added to one generation; then the oldest is cleared, in one
/// step whatever it has, and becomes the youngest. So an entry counts for one holding time at least and one and a half at most.
/// <para>
/// Who writes: any decision, ranks beside each other; adding to one rank and turning generations are one at a time. Who
/// reads: any decision, without a lock. Times are those of one clock, from any beginning.
/// </para>
/// </summary>
internal sealed class RoutedPrefixes
{
    private const int Generations = 3;

    /// <summary>Some 300,000 blocks: 75 prompts with as much as is kept of one. Beyond it the oldest go first.</summary>
    private const long MaxBytes = 8 << 20;

    private readonly Lock _turning = new();
    private readonly List<RoutedHolders> _ranks = [];
    private readonly long[] _began = [long.MinValue, long.MinValue, long.MinValue];
    private volatile InMemoryBlockIndex? _index;
    private volatile int _current;
    private long _attracted;

    /// <summary>Decisions for an endpoint whose match speculation had made longer.</summary>
    public long Attracted => Volatile.Read(ref _attracted);

    /// <summary>Distinct blocks that are kept, some of which may count no more.</summary>
    public long Blocks => _index?.Statistics.Blocks ?? 0;

    public void CountAttracted() => Interlocked.Increment(ref _attracted);

    /// <summary>The generations that count now, a bit each; 0 when there is nothing to look up.</summary>
    public uint Alive(TimeSpan now, TimeSpan hold)
    {
        if (_index is null) return 0;
        var alive = 0u;
        for (var generation = 0; generation < Generations; generation++)
        {
            var began = Volatile.Read(ref _began[generation]);
            if (began != long.MinValue && now.Ticks - began < hold.Ticks + (hold.Ticks / 2)) alive |= 1u << generation;
        }

        return alive;
    }

    /// <summary>Looks up how many of the keys, from the first one on, were sent to each holder.</summary>
    public void Walk(ReadOnlySpan<BlockKey> keys, PrefixMatches found)
    {
        if (_index is { } index) index.Walk(keys, found);
        else found.Reset();
    }

    /// <summary>What a walk found for a rank in the generations that count.</summary>
    public static int BlocksOf(RoutedHolders rank, PrefixMatches found, uint alive)
    {
        var blocks = 0;
        for (; alive != 0; alive &= alive - 1)
        {
            if (rank[BitOperations.TrailingZeroCount(alive)] is { } holder) blocks = Math.Max(blocks, found.BlocksOf(holder));
        }

        return blocks;
    }

    /// <summary>Keeps that a rank was sent a prefix.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="keys">Neighbouring blocks: those that it does not hold yet.</param>
    /// <param name="scratch">Anybody's, overwritten.</param>
    /// <param name="now">The time.</param>
    /// <param name="hold">How long it counts at least.</param>
    /// <returns>How many of the keys were new to the youngest generation.</returns>
    public int Add(RoutedHolders rank, ReadOnlySpan<BlockKey> keys, PrefixMatches scratch, TimeSpan now, TimeSpan hold)
    {
        lock (rank.Writing)
        {
            if (rank.Retired) return 0;
            var generation = Turn(now, hold);
            var holder = rank[generation] ?? Join(rank, generation);
            var index = _index!;

            // The index counts copies, so what the holder has already is not stored again.
            index.Walk(keys, scratch);
            var known = scratch.BlocksOf(holder);
            if (known < keys.Length) index.Store(holder, null, keys[known..]);
            return keys.Length - known;
        }
    }

    /// <summary>The rank's endpoint is gone.</summary>
    public void Remove(RoutedHolders rank)
    {
        lock (rank.Writing)
        {
            rank.Retired = true;
            lock (_turning)
            {
                _ranks.Remove(rank);
                for (var generation = 0; generation < Generations; generation++)
                {
                    if (rank[generation] is { } holder) _index!.RemoveHolder(holder);
                    rank[generation] = null;
                }
            }
        }
    }

    private int Turn(TimeSpan now, TimeSpan hold)
    {
        var current = _current;
        if (IsYoung(current)) return current;
        lock (_turning)
        {
            if (IsYoung(_current)) return _current;
            _index ??= new InMemoryBlockIndex(new IndexOptions { MaxBytes = MaxBytes, HugePages = false });
            var next = (_current + 1) % Generations;
            foreach (var rank in _ranks)
            {
                if (rank[next] is { } holder) _index.Clear(holder);
            }

            Volatile.Write(ref _began[next], now.Ticks);
            _current = next;
            return next;
        }

        bool IsYoung(int generation) => Volatile.Read(ref _began[generation]) is var began && began != long.MinValue && now.Ticks - began < hold.Ticks / 2;
    }

    private HolderId Join(RoutedHolders rank, int generation)
    {
        lock (_turning)
        {
            if (!_ranks.Contains(rank)) _ranks.Add(rank);
            var holder = _index!.AddHolder();
            rank[generation] = holder;
            return holder;
        }
    }
}
