using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvEvents.Zmq;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Zmq;

public sealed class ZmqSocketTests : IDisposable
{
    private readonly ZmqContext _context = Must(ZmqContext.Create());

    public void Dispose() => _context.Dispose();

    [Fact]
    public void Bind_AddressInUse_FaultNamesAddressAndMend()
    {
        using var first = Open(ZmqSocketType.Sub);
        using var second = Open(ZmqSocketType.Sub);
        Assert.Null(first.Bind("tcp://127.0.0.1:*"));
        var port = first.LastPort;

        var fault = second.Bind($"tcp://127.0.0.1:{port}");

        Assert.Equal($"tcp://127.0.0.1:{port}: address already in use; stop the program that listens there, or choose another port", fault?.ToString());
    }

    [Theory]
    [InlineData("5557", "invalid argument")]
    [InlineData("tcp://192.0.2.77:5557", "cannot assign requested address")]
    public void Bind_AddressNobodyCanBind_FaultNamesIt(string address, string reason)
    {
        using var socket = Open(ZmqSocketType.Sub);

        var fault = socket.Bind(address);

        Assert.NotNull(fault);
        Assert.StartsWith($"{address}: {reason}", fault.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PubSub_ThreeFrames_ArriveInOrderWithoutCopy()
    {
        using var subscriber = Open(ZmqSocketType.Sub);
        subscriber.Subscribe("kv@"u8);
        Assert.Null(subscriber.Bind("tcp://127.0.0.1:*"));
        using var publisher = Open(ZmqSocketType.Pub);
        Assert.Null(publisher.Connect($"tcp://127.0.0.1:{subscriber.LastPort}"));
        var payload = new byte[100_000];
        Random.Shared.NextBytes(payload);
        await Eventually.TrueAsync(
            () =>
            {
                publisher.Send("kv@1.2.3.4@m"u8, more: true);
                publisher.Send("\0\0\0\0\0\0\0\u0001"u8, more: true);
                publisher.Send(payload);
                return subscriber.Poll(TimeSpan.FromMilliseconds(10));
            },
            "the subscription reaches the publisher");

        using var topic = new ZmqMessage();
        using var sequence = new ZmqMessage();
        using var body = new ZmqMessage();
        Assert.Equal(ZmqResult.Done, subscriber.Receive(topic));
        Assert.True(topic.More);
        Assert.Equal(ZmqResult.Done, subscriber.Receive(sequence));
        Assert.Equal(ZmqResult.Done, subscriber.Receive(body));

        Assert.Equal("kv@1.2.3.4@m"u8, topic.Data);
        Assert.Equal(8, sequence.Length);
        Assert.Equal(payload, body.Data);
        Assert.False(body.More);
    }

    [Fact]
    public void RouterDealer_ReplayShapedExchange_RepliesReachTheAsker()
    {
        using var router = Open(ZmqSocketType.Router);
        Assert.Null(router.Bind("tcp://127.0.0.1:*"));
        using var dealer = Open(ZmqSocketType.Dealer);
        Assert.Null(dealer.Connect($"tcp://127.0.0.1:{router.LastPort}"));
        dealer.Send([], more: true);
        dealer.Send([0, 0, 0, 0, 0, 0, 0, 7]);
        using var identity = new ZmqMessage();
        using var frame = new ZmqMessage();
        router.Receive(identity);
        router.Receive(frame);
        Assert.Equal(0, frame.Length);
        router.Receive(frame);
        Assert.Equal(7, frame.Data[7]);

        router.Send(identity.Data, more: true);
        router.Send([], more: true);
        router.Send("answer"u8);

        dealer.Receive(frame);
        dealer.Receive(frame);
        Assert.Equal("answer"u8, frame.Data);
    }

    [Fact]
    public async Task Shutdown_WhileReceiving_EndsTheReceive()
    {
        using var socket = Open(ZmqSocketType.Sub);
        var receiving = Task.Run(() =>
        {
            using var message = new ZmqMessage();
            return socket.Receive(message);
        });

        _context.Shutdown();

        Assert.Equal(ZmqResult.Closed, await receiving.WaitAsync(Eventually.Limit));
    }

    [Fact]
    public void Receive_NothingThere_WouldBlock()
    {
        using var socket = Open(ZmqSocketType.Sub);
        using var message = new ZmqMessage();

        Assert.Equal(ZmqResult.WouldBlock, socket.Receive(message, wait: false));
    }

    private ZmqSocket Open(ZmqSocketType type) => Must(_context.Open(type));

    private static T Must<T>(Expected<T> expected)
        where T : notnull => expected.Try(out var value, out var fault) ? value : throw new InvalidOperationException(fault.ToString());
}
