using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansKvRouter.EppService.Grpc;

/// <summary>
/// Answers HTTP/2 requests as gRPC calls. Any web host may run <see cref="InvokeAsync"/>; <see cref="GrpcHost"/> is
/// one that does nothing else.
/// </summary>
/// <param name="methods">What it answers; their paths differ.</param>
/// <param name="stopping">Handed to handlers as <see cref="GrpcCall.Stopping"/>.</param>
/// <param name="time">The clock that deadlines run by.</param>
/// <param name="logger">Where a handler's unexpected exception is reported.</param>
internal sealed class GrpcServer(IEnumerable<GrpcMethod> methods, TimeProvider time, ILogger logger, CancellationToken stopping)
{
    private readonly FrozenDictionary<string, GrpcMethod> _methods = methods.ToFrozenDictionary(m => m.Path, StringComparer.Ordinal);

    /// <summary>
    /// 1. What is not gRPC is told so in plain HTTP. 2. The method and the deadline are read from the headers.
    /// 3. The method's handler runs. 4. The status goes into trailers.
    /// </summary>
    public async Task InvokeAsync(HttpContext context)
    {
        if (!TryAccept(context)) return;

        context.Response.ContentType = GrpcHeaders.ContentType;
        context.Response.Headers[GrpcHeaders.AcceptEncoding] = "identity";
        if (!_methods.TryGetValue(context.Request.Path.Value ?? "", out var method))
        {
            End(context, new CallStatus(GrpcCode.Unimplemented, $"there is no method {context.Request.Path.Value}"), hasWritten: false);
            return;
        }

        var timeout = context.Request.Headers[GrpcHeaders.Timeout].ToString();
        if (timeout.Length == 0)
        {
            await ServeAsync(context, method, deadline: null, context.RequestAborted);
        }
        else if (GrpcHeaders.TryParseTimeout(timeout, out var left))
        {
            // A timer's longest period is about 49 days: later deadlines are none.
            using var deadline = left.TotalMilliseconds < int.MaxValue ? new CancellationTokenSource(left, time) : new CancellationTokenSource();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, deadline.Token);
            await ServeAsync(context, method, deadline, either.Token);
        }
        else
        {
            End(context, new CallStatus(GrpcCode.InvalidArgument, $"grpc-timeout \"{timeout}\" is not up to eight digits and one of H, M, S, m, u, n"), hasWritten: false);
        }
    }

    private async Task ServeAsync(HttpContext context, GrpcMethod method, CancellationTokenSource? deadline, CancellationToken cancellation)
    {
        var encoding = context.Request.Headers[GrpcHeaders.Encoding];
        var call = new GrpcCall(
            context.Request.BodyReader, context.Response.BodyWriter, method.MaxMessageBytes, encoding.Count == 0 ? null : encoding.ToString(), cancellation, stopping);
        CallStatus status;
        try
        {
            var said = await method.Handler(call);
            status = call.Fault ?? said;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            status = new CallStatus(GrpcCode.Cancelled, "the client cancelled the call");
        }
#pragma warning disable CA1031 // The last line of defence: whatever a handler throws must end its own call only.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.HandlerFailed(logger, method.Path, e);
            status = new CallStatus(GrpcCode.Internal, "an unexpected failure; the server's log has it");
        }

        if (context.RequestAborted.IsCancellationRequested) return;
        if (deadline is { IsCancellationRequested: true }) status = new CallStatus(GrpcCode.DeadlineExceeded, "the call's deadline has passed");
        End(context, status, call.HasWritten);
    }

    private static bool TryAccept(HttpContext context)
    {
        var refusal = !HttpMethods.IsPost(context.Request.Method) ? StatusCodes.Status405MethodNotAllowed
            : !GrpcHeaders.IsGrpc(context.Request.ContentType) ? StatusCodes.Status415UnsupportedMediaType
            : 0;
        if (refusal == 0) return true;

        context.Response.StatusCode = refusal;
        if (refusal == StatusCodes.Status405MethodNotAllowed) context.Response.Headers.Allow = "POST";
        return false;
    }

    /// <summary>A response with no message yet carries its status in its only header block ("trailers-only").</summary>
    private static void End(HttpContext context, CallStatus status, bool hasWritten)
    {
        Append(GrpcHeaders.Status, ((int)status.Code).ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (status.Message.Length > 0) Append(GrpcHeaders.Message, GrpcHeaders.Encode(status.Message));

        void Append(string name, string value)
        {
            if (hasWritten) context.Response.AppendTrailer(name, value);
            else context.Response.Headers[name] = value;
        }
    }
}
