namespace OrleansKvRouter.Tokenization;

/// <summary>The token ids of one request's prompts: one for a chat, one or more for a completion. Reused from request to request; not safe for two threads at once.</summary>
public sealed class EncodedPrompts
{
    private readonly TokenBuffer _ids = new();
    private readonly List<int> _ends = [];

    /// <summary>Number of prompts.</summary>
    public int Count => _ends.Count;

    /// <summary>Token ids of all prompts together.</summary>
    public int TotalTokens => _ids.Count;

    /// <summary>The ids of all prompts, one after the other; valid until the next <see cref="Clear"/>.</summary>
    public ReadOnlySpan<uint> AllIds => _ids.Ids;

    /// <summary>The ids of one prompt; valid until the next <see cref="Clear"/>.</summary>
    public ReadOnlySpan<uint> this[int prompt]
    {
        get
        {
            var start = prompt == 0 ? 0 : _ends[prompt - 1];
            return _ids.Ids[start.._ends[prompt]];
        }
    }

    public void Clear()
    {
        _ids.Clear();
        _ends.Clear();
    }

    /// <summary>The prompt being written; <see cref="EndPrompt"/> closes it.</summary>
    internal TokenBuffer Open => _ids;

    /// <summary>Closes the prompt being written, cut to <paramref name="keep"/> ids where it has more.</summary>
    /// <param name="keep">Most ids to keep; null or negative: all.</param>
    /// <param name="keepFirst">Keep the first ids rather than the last.</param>
    internal void EndPrompt(int? keep, bool keepFirst)
    {
        var start = _ends.Count == 0 ? 0 : _ends[^1];
        if (keep is >= 0 && keep < _ids.Count - start) _ids.Trim(start, keep.Value, keepFirst);
        _ends.Add(_ids.Count);
    }
}
