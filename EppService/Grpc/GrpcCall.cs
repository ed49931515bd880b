using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Google.Protobuf;

namespace OrleansKvRouter.EppService.Grpc;

/// <summary>
/// One call as its handler sees it: messages in, messages out. Used by one handler, by one operation of each direction
/// at a time. Messages are parsed where Kestrel received them and serialized where Kestrel sends them from.
/// </summary>
internal sealed class GrpcCall(PipeReader reader, PipeWriter writer, int maxMessageBytes, string? encoding, CancellationToken cancellation, CancellationToken stopping)
{
    /// <summary>Of a message: a byte that says whether it is compressed, and its length, big-endian.</summary>
    private const int PrefixLength = 5;

    /// <summary>Cancelled when the client cancels, its connection is gone, or its deadline has passed.</summary>
    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>Cancelled when the server is about to stop: calls that would never end by themselves should.</summary>
    public CancellationToken Stopping { get; } = stopping;

    /// <summary>
    /// What made <see cref="ReadAsync"/> give up, null while nothing did. It is then the call's status, whatever the
    /// handler returns.
    /// </summary>
    public CallStatus? Fault { get; private set; }

    /// <summary>Whether something has been sent, so that the status must go into trailers of its own.</summary>
    public bool HasWritten { get; private set; }

    /// <summary>
    /// The next message. Null when there is none: the client has said all it wants to, or <see cref="Fault"/> says
    /// why nothing more can be read.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<T?> ReadAsync<T>(MessageParser<T> parser)
        where T : class, IMessage<T>
    {
        while (Fault is null)
        {
            ReadResult read;
            try
            {
                read = await reader.ReadAsync(Cancellation);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                Fault = new CallStatus(GrpcCode.Cancelled, "the client cancelled the call or lost its connection");
                break;
            }

            var buffer = read.Buffer;
            if (TryTakeFrame(ref buffer, out var payload))
            {
                var message = Parse(parser, payload);
                reader.AdvanceTo(buffer.Start);
                return message;
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
            if (!read.IsCompleted) continue;
            if (!buffer.IsEmpty) Fault ??= new CallStatus(GrpcCode.Internal, $"the stream ended inside a message: {buffer.Length} bytes, prefix included, had arrived");
            break;
        }

        return null;
    }

    /// <summary>Adds a message to what the next <see cref="FlushAsync"/> sends.</summary>
    public void Write(IMessage message)
    {
        HasWritten = true;
        var prefix = writer.GetSpan(PrefixLength);
        prefix[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], message.CalculateSize());
        writer.Advance(PrefixLength);
        message.WriteTo(writer);
    }

    /// <summary>Sends what was written; completes when the client's flow control lets it.</summary>
    public async ValueTask FlushAsync() => await writer.FlushAsync(Cancellation);

    public ValueTask WriteAsync(IMessage message)
    {
        Write(message);
        return FlushAsync();
    }

    /// <summary>Cuts one whole message off the buffer's front; on a prefix that cannot be right sets <see cref="Fault"/>.</summary>
    private bool TryTakeFrame(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> payload)
    {
        payload = default;
        if (buffer.Length < PrefixLength) return false;

        Span<byte> prefix = stackalloc byte[PrefixLength];
        buffer.Slice(0, PrefixLength).CopyTo(prefix);
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        Fault = prefix[0] switch
        {
            0 when length > maxMessageBytes => new CallStatus(GrpcCode.ResourceExhausted, $"a message of {length} bytes came; at most {maxMessageBytes} are read"),
            0 => null,
            1 when encoding is not (null or "identity") => new CallStatus(GrpcCode.Unimplemented, $"messages compressed with {encoding} are not read; send grpc-encoding: identity"),
            1 => new CallStatus(GrpcCode.Internal, "a message is marked compressed but the call's grpc-encoding names no compression"),
            _ => new CallStatus(GrpcCode.Internal, $"a message begins with byte {prefix[0]} where 0 or 1 says whether it is compressed"),
        };
        if (Fault is not null || buffer.Length - PrefixLength < length) return false;

        payload = buffer.Slice(PrefixLength, length);
        buffer = buffer.Slice(payload.End);
        return true;
    }

    private T? Parse<T>(MessageParser<T> parser, in ReadOnlySequence<byte> payload)
        where T : class, IMessage<T>
    {
        try
        {
            return parser.ParseFrom(payload);
        }
        catch (InvalidProtocolBufferException e)
        {
            Fault = new CallStatus(GrpcCode.InvalidArgument, $"{payload.Length} bytes are not a {typeof(T).Name}: {e.Message}");
            return null;
        }
    }
}
