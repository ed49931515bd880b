using System.Text.Json;

namespace OrleansKvRouter.Tests.Support;

/// <summary>Hugging Face tokenizers in a Node process, the implementation that engines use and that ours must equal.</summary>
public sealed class HuggingFace(string tokenizerFile) : IAsyncDisposable
{
    private readonly Peer _peer = Peer.Node(Path.Combine(Repository.Oracles, "hf_tokenizer.cjs"), tokenizerFile);

    public Task<uint[][]> EncodeAsync(IEnumerable<string> texts, bool special = false) => AskAsync<uint[][]>(new { encode = texts, special });

    public Task<string[]> DecodeAsync(IEnumerable<uint[]> ids) => AskAsync<string[]>(new { decode = ids });

    public Task<string[]> NfcAsync(params string[] texts) => AskAsync<string[]>(new { nfc = texts });

    /// <summary>What the pattern cuts each text into, matches and what is between them alike.</summary>
    public Task<string[][]> SplitAsync(string regex, params string[] texts) => AskAsync<string[][]>(new { split = regex, texts });

    public ValueTask DisposeAsync() => _peer.DisposeAsync();

    private async Task<T> AskAsync<T>(object request)
    {
        await _peer.WriteLineAsync(JsonSerializer.Serialize(request));
        return JsonSerializer.Deserialize<T>(await _peer.ReadLineAsync())!;
    }
}
