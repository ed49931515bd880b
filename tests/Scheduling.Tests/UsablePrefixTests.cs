using OrleansKvRouter.Scheduling;

namespace OrleansKvRouter.Tests.Scheduling;

public sealed class UsablePrefixTests
{
    [Theory]
    [InlineData(0, 16, 100, 0)]
    [InlineData(3, 16, 100, 48)]
    [InlineData(6, 16, 100, 96)]
    [InlineData(6, 16, 96, 80)]
    [InlineData(6, 16, 97, 96)]
    [InlineData(1, 64, 64, 0)]
    [InlineData(1, 64, 65, 64)]
    [InlineData(1, 16, 1, 0)]
    [InlineData(0, 16, 0, 0)]
    public void Tokens_HeldBlocks_LeaveAtLeastTheLastTokenToCompute(int blocks, int blockSize, int promptTokens, int usable) =>
        Assert.Equal(usable, UsablePrefix.Tokens(blocks, blockSize, promptTokens));
}
