using Microsoft.AspNetCore.Http;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.EppService.Routing;

namespace OrleansKvRouter.EppService.Gateway;

/// <summary>Answers that the gateway gives in an engine's stead.</summary>
internal static class Refusals
{
    public static async Task WriteAsync(HttpContext context, int status, Fault fault)
    {
        var json = OpenAiError.Json(status, fault);
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        // OpenAI's clients try again by themselves, after this many seconds.
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable) response.Headers.RetryAfter = "1";
        await response.Body.WriteAsync(json, context.RequestAborted);
    }
}
