using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.EngineSim.Serving;

/// <summary>vLLM's HTTP surface, as far as the simulator has it.</summary>
internal static class EngineRoutes
{
    public static void MapEngine(this WebApplication app, Engine engine, TimeProvider time, ILogger logger)
    {
        app.Use((http, next) =>
        {
            http.Response.Headers["x-inference-pod"] = engine.Options.Name;
            return next(http);
        });
        app.MapCompletions(new CompletionHandler(engine, time));
        app.MapPost("/tokenize", new RequestDelegate(new TokenizeHandler(engine).HandleAsync));
        app.MapGet("/v1/models", (HttpContext http) => JsonAsync(http, engine.Models.Write));
        app.MapGet("/version", (HttpContext http) => JsonAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteString("version", engine.Version);
            json.WriteEndObject();
        }));
        app.MapGet("/health", (HttpContext _) => Task.CompletedTask);
        app.MapGet("/metrics", (HttpContext http) =>
        {
            http.Response.ContentType = MetricsText.ContentType;
            return http.Response.WriteAsync(new MetricsText(engine).Write());
        });
        app.MapPost("/reset_prefix_cache", async (HttpContext http) =>
        {
            // vLLM answers 200 either way, and says in its log that blocks were in use.
            if (!await engine.Loop.ResetPrefixCacheAsync(announce: http.Request.Query["announce"] != "false")) logger.ResetRefused(engine.Options.Name);
        });
    }

    private static void MapCompletions(this IEndpointRouteBuilder routes, CompletionHandler handler)
    {
        routes.MapPost("/v1/chat/completions", (HttpContext http) => handler.HandleAsync(http, RequestKind.Chat));
        routes.MapPost("/v1/completions", (HttpContext http) => handler.HandleAsync(http, RequestKind.Completion));
    }

    private static async Task JsonAsync(HttpContext http, Action<Utf8JsonWriter> write)
    {
        http.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter, JsonStyle.Options);
        write(json);
    }
}
