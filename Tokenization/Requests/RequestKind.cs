namespace OrleansKvRouter.Tokenization.Requests;

/// <summary>Which OpenAI operation a body belongs to.</summary>
public enum RequestKind
{
    /// <summary><c>/v1/chat/completions</c></summary>
    Chat,

    /// <summary><c>/v1/completions</c></summary>
    Completion,

    /// <summary><c>/inference/v1/generate</c>: token ids in, as vLLM's <c>/render</c> gives them.</summary>
    Generate,
}

/// <summary>Request path → kind of body.</summary>
public static class RequestPaths
{
    private const string Chat = "/v1/chat/completions";
    private const string Completion = "/v1/completions";
    private const string Generate = "/inference/v1/generate";

    /// <summary>The kind of body that <paramref name="path"/> carries; null for a path whose body holds no prompt.</summary>
    /// <param name="path">The <c>:path</c> pseudo header: a query is ignored, and so is a prefix that a gateway put before <c>/v1</c>.</param>
    public static RequestKind? KindOf(string path)
    {
        ReadOnlySpan<char> bare = path;
        var query = bare.IndexOf('?');
        if (query >= 0) bare = bare[..query];
        if (bare.EndsWith(Chat, StringComparison.Ordinal)) return RequestKind.Chat;
        if (bare.EndsWith(Generate, StringComparison.Ordinal)) return RequestKind.Generate;
        return bare.EndsWith(Completion, StringComparison.Ordinal) ? RequestKind.Completion : null;
    }
}
