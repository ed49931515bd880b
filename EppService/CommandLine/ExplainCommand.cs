using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.Discovery.Files;
using OrleansKvRouter.EppService.Admin;
using OrleansKvRouter.EppService.Node;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.EppService.Routing;

namespace OrleansKvRouter.EppService.CommandLine;

/// <summary>
/// <c>explain</c>: tokens, block keys and scores of a request, as JSON. By itself it knows no engine's cache, so every endpoint
/// matches nothing; with <c>--node</c> a running node answers, which does.
/// </summary>
internal static class ExplainCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create()
    {
        var settings = new NodeSettings();
        var request = new Argument<FileInfo>("REQUEST.json") { Description = "The body of an OpenAI request" };
        var path = new Option<string>("--path") { Description = "The path it would be posted to [default /v1/chat/completions]", DefaultValueFactory = _ => "/v1/chat/completions" };
        var tokens = new Option<bool>("--tokens") { Description = "Add the token ids" };
        var node = new Option<string?>("--node") { HelpName = "ADDR", Description = "Ask the running node whose admin address this is, instead of working it out here" };
        var command = new Command("explain", "Where a request would go and why, without routing it") { request, path, tokens, node };
        settings.AddTo(command);
        command.SetAction(async (line, cancellation) =>
        {
            var query = new Query(line.GetValue(request)!, line.GetValue(path)!, line.GetValue(tokens));
            var answer = line.GetValue(node) is { } address
                ? await AskAsync(address, settings.ReadPool(line), query, cancellation)
                : await WorkOutAsync(settings, line, query, cancellation);
            if (!answer.Try(out var json, out var fault))
            {
                await Console.Error.WriteLineAsync($"kvrouter explain: {fault}");
                return ExitStatus.BadInput;
            }

            Console.WriteLine(json);
            return ExitStatus.Ok;
        });
        return command;
    }

    private static async Task<Expected<string>> WorkOutAsync(NodeSettings settings, ParseResult line, Query query, CancellationToken cancellation)
    {
        if (!settings.Read(line).Try(out var options, out var fault)) return fault;
        if (!query.Body().Try(out var body, out fault)) return fault;
        var resources = ResourceFiles.Load(options.Resources);
        if (resources.Snapshot is null) return new Fault(string.Join(Environment.NewLine, resources.Errors));
        await using var services = new ServiceCollection().AddKvRouter(options with { LogLevel = LogLevel.Warning }, resources).BuildServiceProvider();
        services.GetRequiredService<PoolRegistry>().Apply(resources.Snapshot);
        await services.GetRequiredService<Readiness>().ModelsLoadedAsync();
        if (!services.GetRequiredService<PoolSelector>().Select(ModelField.Read(body)).Try(out var pool, out fault)) return fault;
        var outcome = await services.GetRequiredService<Explainer>().ExplainAsync(pool, query.Path, body, query.WithTokens, cancellation);
        return outcome switch
        {
            ExplainOutcome.Explained explained => JsonSerializer.Serialize(explained.Result, new AdminJson(new JsonSerializerOptions(AdminJson.Default.Options) { WriteIndented = true }).ExplainResult),
            ExplainOutcome.Refused refused => refused.Fault,
            _ => throw new InvalidOperationException(outcome.GetType().Name),
        };
    }

    private static async Task<Expected<string>> AskAsync(string address, string? pool, Query query, CancellationToken cancellation)
    {
        if (pool is null) return new Fault("--node needs --pool");
        if (!query.Body().Try(out var body, out var fault)) return fault;
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var uri = $"http://{address}/api/pools/{Uri.EscapeDataString(pool[(pool.LastIndexOf('/') + 1)..])}/explain?path={Uri.EscapeDataString(query.Path)}&tokens={(query.WithTokens ? "true" : "false")}";
        if (pool.LastIndexOf('/') is >= 0 and var slash) uri += $"&namespace={Uri.EscapeDataString(pool[..slash])}";
        try
        {
            using var answer = await http.PostAsync(uri, new ReadOnlyMemoryContent(body), cancellation);
            using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellation));
            if (!answer.IsSuccessStatusCode) return new Fault(Detail(json.RootElement) ?? $"the node at {address} answered {(int)answer.StatusCode}");
            return JsonSerializer.Serialize(json.RootElement, Indented);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or UriFormatException)
        {
            return new Fault($"the node at {address} does not answer: {e.Message}", "give the address of a running node's admin listener");
        }
    }

    private static string? Detail(JsonElement problem) =>
        problem.ValueKind == JsonValueKind.Object && problem.TryGetProperty("detail", out var detail) && detail.ValueKind == JsonValueKind.String ? detail.GetString() : null;

    private sealed record Query(FileInfo File, string Path, bool WithTokens)
    {
        public Expected<byte[]> Body()
        {
            try
            {
                return System.IO.File.ReadAllBytes(File.FullName);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return new Fault($"{File} cannot be read: {e.Message}");
            }
        }
    }
}
