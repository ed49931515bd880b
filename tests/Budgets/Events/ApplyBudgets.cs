using BenchmarkDotNet.Attributes;
using OrleansKvRouter.Bench.Decode;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.Budgets.Running;

namespace OrleansKvRouter.Tests.Budgets.Events;

/// <summary>
/// Messages of one BlockStored with 64 blocks and hashes of 32 bytes, from msgpack into the index, and the BlockRemoved that take them out: an
/// engine whose hashes are the pool's keys, and one whose hashes are mapped to the router's own.
/// </summary>
public class ApplyBudgets
{
    private const int Events = 2_048;
    private const int Held = Events / 2;
    private byte[][] _stored = [];
    private byte[][] _removed = [];
    private OneEngine _engine = null!;
    private int _next;

    [Params("sha256_cbor", OwnKeys.SchemeName)]
    public string Scheme { get; set; } = "";

    [Params(16, 64)]
    public int BlockSize { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        (_stored, _removed) = StoredEvents.Create(Events, BlockSize, KeyFunctions.Create("sha256_cbor", "42").Value!);
        _engine = new OneEngine(new InMemoryBlockIndex(), Scheme, BlockSize);
        foreach (var payload in _stored.AsSpan(0, Held)) _engine.Accept(payload);
    }

    [GlobalCleanup]
    public void Close() => _engine.Dispose();

    /// <summary>The youngest block's chain goes and comes again.</summary>
    [Benchmark]
    [AllocationBudget(0)]
    public void Apply_SameBlocks()
    {
        _engine.Accept(_removed[Held - 1]);
        _engine.Accept(_stored[Held - 1]);
    }

    /// <summary>A full cache. What is allocated are tables built anew when deleted slots fill them: at most 20 bytes a block, and as much again where hashes are mapped.</summary>
    [Benchmark]
    [AllocationBudget(40 * StoredEvents.Blocks)]
    public void Apply_NewBlocks()
    {
        _engine.Accept(_stored[(_next + Held) % Events]);
        _engine.Accept(_removed[_next % Events]);
        _next++;
    }
}
