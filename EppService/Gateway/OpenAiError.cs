using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.EppService.Gateway;

/// <summary>An error as OpenAI clients read it, with the status as <c>code</c> as vLLM writes it.</summary>
internal sealed record OpenAiError(string Message, string Type, int Code)
{
    public static Task WriteAsync(HttpContext context, int status, Fault fault)
    {
        context.Response.StatusCode = status;
        // OpenAI's clients try again by themselves, after this many seconds.
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable) context.Response.Headers.RetryAfter = "1";
        var envelope = new OpenAiErrorEnvelope(new OpenAiError(fault.ToString(), TypeOf(status), status));
        return context.Response.WriteAsJsonAsync(envelope, GatewayJson.Default.OpenAiErrorEnvelope, cancellationToken: context.RequestAborted);
    }

    private static string TypeOf(int status) => status switch
    {
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        >= 400 and < 500 => "invalid_request_error",
        StatusCodes.Status502BadGateway or StatusCodes.Status504GatewayTimeout => "upstream_error",
        StatusCodes.Status503ServiceUnavailable => "service_unavailable",
        _ => "server_error",
    };
}

internal sealed record OpenAiErrorEnvelope(OpenAiError Error);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(OpenAiErrorEnvelope))]
internal sealed partial class GatewayJson : JsonSerializerContext;
