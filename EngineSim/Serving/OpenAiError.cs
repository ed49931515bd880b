using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.EngineSim.Serving;

/// <summary>An error in the shape that vLLM answers with.</summary>
internal static class OpenAiError
{
    /// <summary>400: the request is wrong.</summary>
    public static Task BadRequestAsync(HttpContext http, Fault fault) =>
        WriteAsync(http, StatusCodes.Status400BadRequest, "BadRequestError", fault.ToString(), null);

    /// <summary>404: no such model here.</summary>
    public static Task UnknownModelAsync(HttpContext http, string model) =>
        WriteAsync(http, StatusCodes.Status404NotFound, "NotFoundError", $"The model `{model}` does not exist.", "model");

    /// <summary>503: the engine stops.</summary>
    public static Task StoppingAsync(HttpContext http) =>
        WriteAsync(http, StatusCodes.Status503ServiceUnavailable, "ServiceUnavailableError", "The engine is stopping.", null);

    private static async Task WriteAsync(HttpContext http, int status, string type, string message, string? parameter)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(http.Response.Body, JsonStyle.Options);
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("message", message);
        json.WriteString("type", type);
        json.WriteString("param", parameter);
        json.WriteNumber("code", status);
        json.WriteEndObject();
        json.WriteEndObject();
        await json.FlushAsync(http.RequestAborted);
    }
}
