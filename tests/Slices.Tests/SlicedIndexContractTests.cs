using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Tests.KvIndex.Index;

namespace OrleansKvRouter.Tests.Slices;

/// <summary>What every index owes, of one that is spread over three silos.</summary>
public sealed class SlicedIndexContractTests : BlockIndexContract, IDisposable
{
    private readonly SiloWorld _world = new(silos: 3);

    public void Dispose() => _world.Dispose();

    protected override IBlockIndex Create() => _world.Silos[0].Index;
}

/// <summary>The same where pages get lost.</summary>
public sealed class LossySlicedIndexContractTests : BlockIndexContract, IDisposable
{
    private readonly SiloWorld _world = new(silos: 3) { Losses = 0.5 };

    public void Dispose() => _world.Dispose();

    protected override IBlockIndex Create() => _world.Silos[0].Index;
}
