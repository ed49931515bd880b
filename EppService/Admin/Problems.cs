using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Admin;

namespace OrleansKvRouter.EppService.Admin;

/// <summary>Errors of the admin API as RFC 9457 problem documents, whoever found them.</summary>
internal static class Problems
{
    public const string ContentType = "application/problem+json";

    public static Task WriteAsync(HttpContext context, int status, Fault fault, string? field = null)
    {
        var problem = new Problem("about:blank", ReasonPhrases.GetReasonPhrase(status), status, fault.ToString(), field);
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(problem, AdminJson.Default.Problem, ContentType, context.RequestAborted);
    }

    /// <summary>Gives a problem document to what the routes left unanswered, and to what went wrong in them.</summary>
    public static async Task CatchAsync(HttpContext context, RequestDelegate next, ILogger logger)
    {
        try
        {
            await next(context);
        }
        catch (BadHttpRequestException e)
        {
            if (context.Response.HasStarted) throw;
            await WriteAsync(context, e.StatusCode, new Fault(e.Message));
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
        {
            Log.AdminRequestFailed(logger, context.Request.Method, context.Request.Path, e);
            await WriteAsync(context, StatusCodes.Status500InternalServerError, new Fault("The router failed to answer.", "Its log has the cause."));
        }

        if (context.Response is { HasStarted: false, StatusCode: 404 or 405 } response) await WriteAsync(context, response.StatusCode, Unrouted(context));
    }

    private static Fault Unrouted(HttpContext context) => context.Response.StatusCode == StatusCodes.Status405MethodNotAllowed
        ? new($"{context.Request.Path} does not take {context.Request.Method}.", $"It takes {context.Response.Headers.Allow}.")
        : new($"There is nothing at {context.Request.Path}.", "The API is at /api/pools, /api/decisions, /api/history and /api/node.");
}
