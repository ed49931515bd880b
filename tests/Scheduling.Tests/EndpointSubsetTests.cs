using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Scheduling;

namespace OrleansKvRouter.Tests.Scheduling;

public sealed class EndpointSubsetTests
{
    private static bool Contains(string entry, string ip, int port) =>
        new EndpointSubset([entry]).Contains(new EndpointSpec("default", "a", "", ip, port, 0, new Dictionary<string, string>(), true));

    [Theory]
    [InlineData("10.0.0.1:8000", "10.0.0.1", 8000, true)]
    [InlineData(" 10.0.0.1:8000 ", "10.0.0.1", 8000, true)]
    [InlineData("10.0.0.1", "10.0.0.1", 8000, true)]
    [InlineData("10.0.0.1:8001", "10.0.0.1", 8000, false)]
    [InlineData("10.0.0.2", "10.0.0.1", 8000, false)]
    [InlineData("[::1]:8000", "::1", 8000, true)]
    [InlineData("[0:0::1]:8000", "::1", 8000, true)]
    [InlineData("[::1]:8001", "::1", 8000, false)]
    [InlineData("::1", "::1", 8000, true)]
    [InlineData("[::1]", "::1", 8000, true)]
    [InlineData("", "10.0.0.1", 8000, false)]
    [InlineData("pod-1:8000", "10.0.0.1", 8000, false)]
    public void Contains_Entry_MeansAddressOrWholePod(string entry, string ip, int port, bool contained) =>
        Assert.Equal(contained, Contains(entry, ip, port));
}
