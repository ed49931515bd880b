using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;

namespace OrleansKvRouter.Bench.Clients;

/// <summary>What an engine answered to a chat, and how fast.</summary>
/// <param name="Text">The generated text.</param>
/// <param name="PromptTokens">Tokens of the prompt, as the engine counts them.</param>
/// <param name="CachedTokens">Of these, tokens that the engine found in its cache.</param>
/// <param name="FirstToken">From sending to the first generated text: time to first token.</param>
public sealed record ChatAnswer(string Text, int PromptTokens, int CachedTokens, TimeSpan FirstToken);

/// <summary>An OpenAI client, reduced to streamed chats with usage. Any thread may use it.</summary>
public sealed class ChatClient : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>Posts a chat (with <c>stream</c> and <c>stream_options.include_usage</c> set) and reads the answer to its end.</summary>
    /// <param name="address"><c>ip:port</c> of a gateway or an engine.</param>
    /// <param name="body">The request.</param>
    /// <param name="requestId">Sent as <c>x-request-id</c>.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<ChatAnswer> SendAsync(string address, ReadOnlyMemory<byte> body, string requestId, CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{address}/v1/chat/completions") { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("x-request-id", requestId);
        var sent = Stopwatch.GetTimestamp();
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{address} answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellation)}");
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        return await ReadAsync(lines, sent, cancellation);
    }

    public void Dispose() => _http.Dispose();

    private static async Task<ChatAnswer> ReadAsync(StreamReader lines, long sent, CancellationToken cancellation)
    {
        var text = new System.Text.StringBuilder();
        TimeSpan? first = null;
        var (prompt, cached) = (0, 0);
        while (await lines.ReadLineAsync(cancellation) is { } line)
        {
            if (!line.StartsWith("data: ", StringComparison.Ordinal) || line == "data: [DONE]") continue;
            using var chunk = JsonDocument.Parse(line.AsMemory(6));
            foreach (var choice in chunk.RootElement.GetProperty("choices").EnumerateArray())
            {
                if (!choice.GetProperty("delta").TryGetProperty("content", out var content) || content.GetString() is not { Length: > 0 } piece) continue;
                first ??= Stopwatch.GetElapsedTime(sent);
                text.Append(piece);
            }

            if (!chunk.RootElement.TryGetProperty("usage", out var usage) || usage.ValueKind != JsonValueKind.Object) continue;
            prompt = usage.GetProperty("prompt_tokens").GetInt32();
            cached = usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32();
        }

        return new ChatAnswer(text.ToString(), prompt, cached, first ?? Stopwatch.GetElapsedTime(sent));
    }
}
