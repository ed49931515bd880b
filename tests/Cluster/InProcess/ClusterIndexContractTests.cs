using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Tests.KvIndex.Index;

namespace OrleansKvRouter.Tests.Cluster.InProcess;

/// <summary>What every index owes, of one whose slices are grains on three silos.</summary>
public sealed class ClusterIndexContractTests(ThreeSilos silos) : BlockIndexContract, IClassFixture<ThreeSilos>
{
    protected override IBlockIndex Create() => silos.Open(silos.NewPool());
}
