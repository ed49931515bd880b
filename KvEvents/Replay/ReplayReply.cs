using System.Buffers.Binary;
using OrleansKvRouter.KvEvents.Zmq;

namespace OrleansKvRouter.KvEvents.Replay;

/// <summary>What a reply of an engine's ROUTER is.</summary>
internal enum ReplayReplyKind
{
    Batch,

    /// <summary>The mark behind the last batch.</summary>
    End,

    /// <summary>Something else.</summary>
    Malformed,
}

/// <summary>
/// Reads replies from the right, because frames were added on the left: <c>["", sequence, payload]</c> up to v0.25,
/// <c>["", topic, sequence, payload]</c> from v0.26 on. The end has an empty payload and the sequence 2⁶⁴−1 (spec 2.3).
/// </summary>
internal static class ReplayReply
{
    /// <summary>Receives all frames of a message that is there; false when the context was shut down.</summary>
    /// <param name="socket">A DEALER.</param>
    /// <param name="sequence">The last frame but one; the two messages may change places.</param>
    /// <param name="payload">The last frame.</param>
    /// <param name="frames">How many there were.</param>
    public static bool Receive(ZmqSocket socket, ref ZmqMessage sequence, ref ZmqMessage payload, out int frames)
    {
        frames = 0;
        do
        {
            (sequence, payload) = (payload, sequence);
            if (socket.Receive(payload) != ZmqResult.Done) return false;
            frames++;
        }
        while (payload.More);
        return true;
    }

    public static ReplayReplyKind Read(int frames, ReadOnlySpan<byte> sequence, ReadOnlySpan<byte> payload, out long number)
    {
        number = -1;
        if (frames < 2 || sequence.Length != sizeof(long)) return ReplayReplyKind.Malformed;
        number = BinaryPrimitives.ReadInt64BigEndian(sequence);
        return number == -1 || payload.IsEmpty ? ReplayReplyKind.End
            : number < 0 ? ReplayReplyKind.Malformed
            : ReplayReplyKind.Batch;
    }
}
