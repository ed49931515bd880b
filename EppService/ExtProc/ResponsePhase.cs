using OrleansKvRouter.Contracts.ExtProc;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.EppService.Grpc;

namespace OrleansKvRouter.EppService.ExtProc;

/// <summary>
/// The way back: the engine's response goes through untouched. What matters is its end, when the request stops
/// counting as in flight, and what it says of the engine's cache on the way.
/// </summary>
internal sealed class ResponsePhase(GrpcCall call)
{
    private UsageScanner? _scanner = new();

    /// <summary>What the engine has reported so far; null when nothing.</summary>
    public ReportedUsage? Usage => _scanner?.Last;

    /// <summary>Whether the response's last part has passed.</summary>
    public bool HasEnded { get; private set; }

    public ValueTask<CallStatus?> HeadersAsync(HttpHeaders headers)
    {
        // Errors have no usage, and what is compressed cannot be read.
        if (headers.Headers?.Headers.Any(h => (h.Key == ":status" && RequestFacts.TextOf(h) != "200") || (h.Key == "content-encoding" && RequestFacts.TextOf(h) != "identity")) == true) _scanner = null;
        return PassAsync("response_headers", Replies.ResponseHeaders, headers.EndOfStream);
    }

    public ValueTask<CallStatus?> TrailersAsync() => PassAsync("response_trailers", Replies.ResponseTrailers, endsHere: true);

    /// <param name="piece">A piece of the body.</param>
    /// <param name="echo">Whether to send it back (full duplex) or to acknowledge it.</param>
    public ValueTask<CallStatus?> BodyAsync(HttpBody piece, bool echo)
    {
        _scanner?.Scan(piece.Body.Span);
        return echo ? EchoAsync(piece) : PassAsync("response_body", Replies.ResponseBody, piece.EndOfStream);
    }

    private async ValueTask<CallStatus?> PassAsync(string part, ProcessingResponse reply, bool endsHere)
    {
        if (HasEnded) return Disorder.AfterEnd(part, "response");
        await call.WriteAsync(reply);
        HasEnded = endsHere;
        return null;
    }

    private async ValueTask<CallStatus?> EchoAsync(HttpBody piece)
    {
        if (HasEnded) return Disorder.AfterEnd("response_body", "response");
        var last = new StreamedBodyResponse
        {
            EndOfStream = piece.EndOfStream,
            EndOfStreamWithoutMessage = piece.EndOfStreamWithoutMessage,
            GrpcMessageCompressed = piece.GrpcMessageCompressed,
        };
        await BodyPieces.SendAsync(call, piece.Body.Memory, last, Replies.ResponsePiece);
        HasEnded = piece.EndOfStream;
        return null;
    }
}
