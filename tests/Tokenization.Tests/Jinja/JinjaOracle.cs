using System.Text.Json;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.Tokenization.Jinja;

/// <summary>Debian's Jinja2 in a process of its own.</summary>
public sealed class JinjaOracle : IAsyncLifetime
{
    private Peer _peer = null!;

    public Task InitializeAsync()
    {
        _peer = Peer.Python(Path.Combine(Repository.Oracles, "jinja_oracle.py"));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _peer.DisposeAsync();

    /// <summary>What Jinja2 renders; null and why where it raises.</summary>
    public async Task<(string? Text, string? Error)> RenderAsync(object request)
    {
        await _peer.WriteLineAsync(JsonSerializer.Serialize(request));
        using var answer = JsonDocument.Parse(await _peer.ReadLineAsync());
        return answer.RootElement.TryGetProperty("text", out var text)
            ? (text.GetString(), null)
            : (null, answer.RootElement.GetProperty("error").GetString());
    }
}
