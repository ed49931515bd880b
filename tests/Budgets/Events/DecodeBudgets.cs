using BenchmarkDotNet.Attributes;
using OrleansKvRouter.Bench.Decode;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.Budgets.Running;

namespace OrleansKvRouter.Tests.Budgets.Events;

/// <summary>Messages of one event with 64 blocks and hashes of 32 bytes, from msgpack to what it says.</summary>
public class DecodeBudgets
{
    private const int Events = 64;
    private byte[][] _stored = [];
    private byte[][] _removed = [];
    private OneEngine _engine = null!;
    private int _next;

    [Params(16, 64)]
    public int BlockSize { get; set; }

    [GlobalSetup]
    public void Create()
    {
        (_stored, _removed) = StoredEvents.Create(Events, BlockSize, KeyFunctions.Create("sha256_cbor", "42").Value!);
        _engine = new OneEngine(new InMemoryBlockIndex(), "sha256_cbor", BlockSize);
    }

    [GlobalCleanup]
    public void Close() => _engine.Dispose();

    [Benchmark]
    [AllocationBudget(0)]
    public void BlockStored() => _engine.Decode(_stored[_next++ % Events]);

    [Benchmark]
    [AllocationBudget(0)]
    public void BlockRemoved() => _engine.Decode(_removed[_next++ % Events]);
}
