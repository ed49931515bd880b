using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.EppService.Listeners;
using OrleansKvRouter.EppService.Routing;

namespace OrleansKvRouter.EppService.Gateway;

/// <summary>
/// An OpenAI-compatible reverse proxy over the picker. For each request it
/// 1. reads the body whole, because the choice depends on all of it, up to a limit;
/// 2. picks, or answers with the refusal;
/// 3. forwards the same bytes to the picked endpoint, trying the next one where a connection cannot be made;
/// 4. tells what the engine's answer says of its cache, and gives the lease back when the last byte of the answer has gone, or the client has.
/// </summary>
internal sealed class GatewayHandler(
    IEndpointPicker picker, EndpointForwarder forwarder, GatewayOptions options, GatewayInstruments instruments, ILogger<GatewayHandler> logger)
{
    private const int MaxRequestIdLength = 128;

    public async Task InvokeAsync(HttpContext context)
    {
        var started = Stopwatch.GetTimestamp();
        var requestId = RequestIdOf(context.Request);
        context.Response.Headers[EngineTransformer.RequestIdHeader] = requestId;
        instruments.Active.Add(1);
        try
        {
            await HandleAsync(context, requestId);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone: nobody is left to answer, and the count below says so.
            SetClientGone(context);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await Refusals.WriteAsync(context, e.StatusCode, new Fault(e.Message));
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            Log.RequestFailed(logger, requestId, context.Request.Path, e);
            var fault = new Fault("The router failed to handle the request", "its log has the cause");
            await Refusals.WriteAsync(context, StatusCodes.Status500InternalServerError, fault);
        }
        finally
        {
            instruments.Active.Add(-1);
            instruments.Duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
            instruments.Requests.Add(1, new KeyValuePair<string, object?>("status", context.Response.StatusCode.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private async Task HandleAsync(HttpContext context, string requestId)
    {
        ReadOnlyMemory<byte>? body = null;
        if (BoundedBody.IsExpected(context))
        {
            if (!(await BoundedBody.ReadAsync(context.Request, options.MaxBodyBytes, context.RequestAborted)).Try(out var read, out var tooLarge))
            {
                await Refusals.WriteAsync(context, StatusCodes.Status413PayloadTooLarge, tooLarge);
                return;
            }

            body = read;
        }

        var pick = new PickRequest { RequestId = requestId, Path = $"{context.Request.Path}{context.Request.QueryString}", Body = body };
        switch (await picker.PickAsync(pick, context.RequestAborted))
        {
            case PickOutcome.Picked(_, var lease) picked:
                using (lease)
                {
                    var usage = lease.WantsUsage ? new UsageScanner() : null;
                    await forwarder.ForwardAsync(context, picked, requestId, body, usage);
                    if (usage?.Last is { } reported) lease.Report(reported);
                }

                if (context.RequestAborted.IsCancellationRequested) SetClientGone(context);
                break;
            case PickOutcome.Refused(var status, var fault):
                await Refusals.WriteAsync(context, status, fault);
                break;
        }
    }

    private static void SetClientGone(HttpContext context)
    {
        if (!context.Response.HasStarted) context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
    }

    /// <summary>The client's id where it can stand in a header of the answer, else a new one.</summary>
    private static string RequestIdOf(HttpRequest request)
    {
        var id = request.Headers[EngineTransformer.RequestIdHeader].ToString();
        return id.Length is > 0 and <= MaxRequestIdLength && id.All(c => c is > ' ' and < '\x7f') ? id : Guid.NewGuid().ToString();
    }
}
