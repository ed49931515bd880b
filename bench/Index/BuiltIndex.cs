using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;

namespace OrleansKvRouter.Bench.Index;

/// <summary>An index with a holder for each worker, written as engines' events would.</summary>
internal sealed class BuiltIndex
{
    public BuiltIndex(ChainWorkload workload)
    {
        Workload = workload;
        Holders = [.. Enumerable.Range(0, workload.Workers).Select(_ => Index.AddHolder())];
    }

    public ChainWorkload Workload { get; }

    public InMemoryBlockIndex Index { get; } = new();

    public HolderId[] Holders { get; }

    public static BuiltIndex Full(ChainWorkload workload)
    {
        var built = new BuiltIndex(workload);
        for (var chain = 0; chain < workload.Chains; chain++) built.Store(chain);
        return built;
    }

    public void Store(int chain)
    {
        var (first, second) = Workload.WorkersOf(chain);
        Store(Holders[first], Workload.Chain(chain));
        Store(Holders[second], Workload.Chain(chain));
    }

    /// <summary>Events of 64 blocks, each linked to its parent.</summary>
    public void Store(HolderId holder, ReadOnlySpan<BlockKey> keys)
    {
        for (var at = 0; at < keys.Length; at += ChainWorkload.EventBlocks)
        {
            Index.Store(holder, at == 0 ? null : keys[at - 1], keys.Slice(at, Math.Min(ChainWorkload.EventBlocks, keys.Length - at)));
        }
    }

    public void Remove(HolderId holder, ReadOnlySpan<BlockKey> keys)
    {
        for (var at = 0; at < keys.Length; at += ChainWorkload.EventBlocks)
        {
            Index.Remove(holder, keys.Slice(at, Math.Min(ChainWorkload.EventBlocks, keys.Length - at)));
        }
    }

    /// <summary>Every block of each worker, in random order.</summary>
    public BlockKey[][] ShuffledBlocks(int seed)
    {
        var blocks = Holders.Select(_ => new List<BlockKey>()).ToArray();
        for (var chain = 0; chain < Workload.Chains; chain++)
        {
            var (first, second) = Workload.WorkersOf(chain);
            blocks[first].AddRange(Workload.Chain(chain));
            blocks[second].AddRange(Workload.Chain(chain));
        }

        var random = new Random(seed);
        return [.. blocks.Select(keys =>
        {
            // A worker has a block once for each time that it was stored: the removals are as many as the stores.
            var shuffled = keys.ToArray();
            random.Shuffle(shuffled);
            return shuffled;
        })];
    }
}
