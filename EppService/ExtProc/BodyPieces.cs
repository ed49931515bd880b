using Google.Protobuf;
using OrleansKvRouter.Contracts.ExtProc;
using OrleansKvRouter.EppService.Grpc;

namespace OrleansKvRouter.EppService.ExtProc;

/// <summary>Sends a body back in pieces, without copying it, as full duplex streaming wants.</summary>
internal static class BodyPieces
{
    /// <summary>The longest piece, in bytes: Envoy's recommendation.</summary>
    public const int MaxLength = 64 * 1024;

    /// <param name="call">Where to.</param>
    /// <param name="body">The bytes; left alone once the task has completed.</param>
    /// <param name="last">The last piece as it shall be, but for its bytes.</param>
    /// <param name="wrap"><see cref="Replies.RequestPiece"/> or <see cref="Replies.ResponsePiece"/>.</param>
    public static async ValueTask SendAsync(
        GrpcCall call, ReadOnlyMemory<byte> body, StreamedBodyResponse last, Func<StreamedBodyResponse, ProcessingResponse> wrap)
    {
        while (body.Length > MaxLength)
        {
            await call.WriteAsync(wrap(new StreamedBodyResponse { Body = UnsafeByteOperations.UnsafeWrap(body[..MaxLength]) }));
            body = body[MaxLength..];
        }

        last.Body = UnsafeByteOperations.UnsafeWrap(body);
        await call.WriteAsync(wrap(last));
    }
}
