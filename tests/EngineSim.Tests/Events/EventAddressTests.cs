using OrleansKvRouter.EngineSim.Events;

namespace OrleansKvRouter.Tests.EngineSim.Events;

public sealed class EventAddressTests
{
    [Theory]
    [InlineData("tcp://*:5557", "127.0.0.11", "tcp://127.0.0.11:5557", true)]
    [InlineData("tcp://*:5557", "0.0.0.0", "tcp://*:5557", true)]
    [InlineData("tcp://*:5557", "::1", "tcp://[::1]:5557", true)]
    [InlineData("tcp://[::]:5557", "127.0.0.11", "tcp://[::]:5557", true)]
    [InlineData("ipc:///run/kv", "127.0.0.11", "ipc:///run/kv", true)]
    [InlineData("tcp://127.0.0.1:5557", "127.0.0.11", "tcp://127.0.0.1:5557", false)]
    [InlineData("tcp://0.0.0.0:5557", "127.0.0.11", "tcp://0.0.0.0:5557", false)]
    [InlineData("tcp://router:5557", "127.0.0.11", "tcp://router:5557", false)]
    public void Of_Endpoint_IsBoundOrConnectedByTheEnginesRule(string endpoint, string host, string address, bool isBound) =>
        Assert.Equal(new EventAddress(address, isBound), EventAddress.Of(endpoint, host));
}
