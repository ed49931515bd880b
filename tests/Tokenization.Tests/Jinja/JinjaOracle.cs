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

    /// <summary>What Jinja2 renders for each request; null and why where it raises.</summary>
    public async Task<List<(string? Text, string? Error)>> RenderAllAsync(IReadOnlyList<object> requests)
    {
        var writing = Task.Run(async () =>
        {
            foreach (var request in requests) await _peer.WriteLineAsync(JsonSerializer.Serialize(request));
        });
        var answers = new List<(string?, string?)>();
        for (var i = 0; i < requests.Count; i++) answers.Add(Answer(await _peer.ReadLineAsync()));
        await writing;
        return answers;
    }

    private static (string? Text, string? Error) Answer(string line)
    {
        using var answer = JsonDocument.Parse(line);
        return answer.RootElement.TryGetProperty("text", out var text)
            ? (text.GetString(), null)
            : (null, answer.RootElement.GetProperty("error").GetString());
    }
}
