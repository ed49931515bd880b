using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.ExtProc;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.EppService.Grpc;
using OrleansKvRouter.EppService.Routing;

namespace OrleansKvRouter.EppService.ExtProc;

/// <summary>
/// The way in: headers, body and trailers until the decision, whose answer then goes out in the order that the data
/// plane expects. Every method returns null to go on, or the status to end the stream with (OK after a refusal: the
/// data plane has its answer and wants nothing more).
/// </summary>
internal sealed class RequestPhase(IEndpointPicker picker, GrpcCall call, ExtProcOptions options, ExtProcInstruments instruments) : IDisposable
{
    private readonly BodyBuffer _body = new(options.MaxBodyBytes);
    private Stage _stage = Stage.Headers;
    private BodyPlan _plan;
    private RequestFacts? _facts;
    private IRequestLease? _lease;

    /// <summary>The part that must come next.</summary>
    private enum Stage
    {
        Headers,
        Body,

        /// <summary>The decision has been made; the rest of the body is let through.</summary>
        BodyPassing,
        Trailers,
        Nothing,
    }

    public async ValueTask<CallStatus?> HeadersAsync(HttpHeaders headers, Metadata? metadata, ProtocolConfiguration? config)
    {
        if (_stage != Stage.Headers) return Disorder.SecondHeaders;
        if (BodyPlans.ForRequest(config) is not { } plan) return Disorder.GrpcMode;

        _facts = RequestFacts.From(headers, metadata);
        _plan = headers.EndOfStream ? BodyPlan.DecideAtHeaders : plan;
        if (_plan == BodyPlan.DecideAtHeaders)
        {
            _stage = headers.EndOfStream ? Stage.Nothing : Stage.BodyPassing;
            return await DecideAsync(_facts, endsHere: headers.EndOfStream);
        }

        _stage = Stage.Body;
        if (_facts.ContentLength > options.MaxBodyBytes) return await RefuseTooLongAsync();
        if (_plan == BodyPlan.WholeBody) await call.WriteAsync(Replies.RequestHeaders);
        return null;
    }

    public async ValueTask<CallStatus?> BodyAsync(HttpBody piece)
    {
        switch (_stage)
        {
            case Stage.Headers:
                return Disorder.BeforeHeaders("request_body");
            case Stage.BodyPassing:
                if (piece.EndOfStream) _stage = Stage.Nothing;
                await call.WriteAsync(Replies.RequestBody);
                return null;
            case Stage.Body:
                if (!_body.TryAdd(piece.Body)) return await RefuseTooLongAsync();
                // A buffered body is one message; where that is not the end of the stream, trailers are.
                if (!piece.EndOfStream && _plan != BodyPlan.WholeBody) return null;
                _stage = piece.EndOfStream ? Stage.Nothing : Stage.Trailers;
                return await DecideAsync(_facts!, endsHere: piece.EndOfStream);
            default:
                return Disorder.AfterEnd("request_body", "request's body");
        }
    }

    public async ValueTask<CallStatus?> TrailersAsync()
    {
        if (_stage == Stage.Headers) return Disorder.BeforeHeaders("request_trailers");
        if (_stage == Stage.Nothing) return Disorder.AfterEnd("request_trailers", "request");

        var undecided = _stage == Stage.Body;
        _stage = Stage.Nothing;
        if (undecided && await DecideAsync(_facts!, endsHere: false) is { } status) return status;
        // Without a body to answer, a buffered request's decision has been this part's answer.
        if (undecided && _plan == BodyPlan.WholeBody) return null;
        await call.WriteAsync(Replies.RequestTrailers);
        return null;
    }

    /// <summary>The request is no longer in flight. May be called again; only the first time counts.</summary>
    /// <param name="usage">What the engine reported; null when nothing.</param>
    public void Finish(ReportedUsage? usage)
    {
        if (usage is { } reported && _lease is { WantsUsage: true }) _lease.Report(reported);
        _lease?.Dispose();
        _lease = null;
    }

    public void Dispose()
    {
        Finish(usage: null);
        _body.Dispose();
    }

    private async ValueTask<CallStatus?> DecideAsync(RequestFacts facts, bool endsHere)
    {
        var request = new PickRequest
        {
            RequestId = facts.RequestId,
            Path = facts.Path,
            // Not a bare null: that would be an empty memory, not a missing body.
            Body = _body.Length > 0 ? _body.Content : default(ReadOnlyMemory<byte>?),
            Subset = facts.Subset,
        };
        switch (await picker.PickAsync(request, call.Cancellation))
        {
            case PickOutcome.Picked picked:
                _lease = picked.Lease;
                await AnswerAsync(picked, endsHere);
                _body.Dispose();
                return null;
            case PickOutcome.Refused refused:
                return await RefuseAsync(refused.Status, refused.Fault);
            case var other:
                throw new InvalidOperationException($"an unknown outcome {other}");
        }
    }

    /// <summary>Headers' answer first, then the body's, then (by the caller) the trailers'.</summary>
    private async ValueTask AnswerAsync(PickOutcome.Picked picked, bool endsHere)
    {
        switch (_plan)
        {
            case BodyPlan.WholeBody:
                await call.WriteAsync(_body.Pieces > 0 ? Replies.BodyTo(picked.Destination, picked.Rank) : Replies.TrailersTo(picked.Destination));
                break;
            case BodyPlan.FullDuplex when _body.Pieces > 0:
                call.Write(Replies.HeadersTo(picked.Destination, picked.Rank));
                await BodyPieces.SendAsync(call, _body.Content, new StreamedBodyResponse { EndOfStream = endsHere }, Replies.RequestPiece);
                break;
            default:
                await call.WriteAsync(Replies.HeadersTo(picked.Destination, picked.Rank));
                for (var answered = 0; answered < _body.Pieces; answered++) await call.WriteAsync(Replies.RequestBody);
                break;
        }
    }

    private ValueTask<CallStatus?> RefuseTooLongAsync() => RefuseAsync(413, new Fault(
        $"the request body is longer than the {options.MaxBodyBytes} bytes that the router reads", "send a shorter one"));

    private async ValueTask<CallStatus?> RefuseAsync(int status, Fault fault)
    {
        instruments.Refused(status);
        await call.WriteAsync(Replies.Refusal(status, fault));
        return CallStatus.Ok;
    }
}
