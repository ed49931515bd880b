using System.Buffers.Binary;
using OrleansKvRouter.KvEvents.Zmq;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Doubles;

/// <summary>A PUB socket for messages that the Python publisher would not send, or not this fast.</summary>
internal sealed class Publisher : IDisposable
{
    private readonly ZmqContext _context = ZmqContext.Create().Value!;
    private readonly ZmqSocket _socket;

    public Publisher(int port, int highWatermark = 1000)
    {
        _socket = _context.Open(ZmqSocketType.Pub, new ZmqSocketOptions { SendHighWatermark = highWatermark }).Value!;
        Assert.Null(_socket.Connect($"tcp://127.0.0.1:{port}"));
    }

    public static byte[] Sequence(long number)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes;
    }

    public void Send(params ReadOnlySpan<byte[]> frames)
    {
        for (var i = 0; i < frames.Length; i++) _socket.Send(frames[i], more: i < frames.Length - 1);
    }

    /// <summary>
    /// Publishes for a pod of its own until something is applied: from then on nothing is lost for want of a subscription. What
    /// that took is behind the subscriber when this returns.
    /// </summary>
    public async Task ConnectedAsync(Subscription subscription)
    {
        var warmUp = subscription.Pods.Add("127.0.0.99");
        var sequence = 0;
        await Eventually.TrueAsync(
            () =>
            {
                Send("kv@127.0.0.99@warm-up"u8.ToArray(), Sequence(sequence++), MsgPack.Batch());
                return warmUp.Status.Batches > 0;
            },
            "the publisher is connected");

        // One connection keeps its order, and this message finds an empty queue: it comes last, and is not dropped.
        var last = subscription.Pods.Add("127.0.0.98");
        Send("kv@127.0.0.98@last"u8.ToArray(), Sequence(0), MsgPack.Batch());
        await Subscription.ReachedAsync(last, 0);
    }

    public void Dispose()
    {
        _socket.Dispose();
        _context.Dispose();
    }
}
