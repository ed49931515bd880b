namespace OrleansKvRouter.EppService.Feedback;

/// <summary>
/// Finds the <c>usage</c> object in a response that passes by, in pieces cut anywhere: the one of a JSON answer, or the last of
/// a stream of server-sent events. One response, one thread at a time.
/// </summary>
/// <remarks>
/// It looks for the bytes <c>"usage"</c>, a colon and a brace, vectorized, and keeps only what stands between that brace and its
/// partner, 1 KB at most. No JSON parser has to follow the answer for that: within a string every quote is escaped, so the
/// text of an answer can hold these bytes in front of a quote and never in front of a colon. Of an answer in another encoding
/// (gzip) it finds nothing.
/// </remarks>
internal sealed class UsageScanner
{
    /// <summary>Bytes. vLLM's and SGLang's usage objects have about 150.</summary>
    private const int MaxLength = 1024;

    private State _state;
    private int _matched;
    private byte[]? _object;
    private int _length;
    private int _depth;
    private bool _inString;
    private bool _escaped;

    private enum State
    {
        Key,
        Colon,
        Brace,
        Object,
    }

    /// <summary>The last usage that was seen whole; null until one was.</summary>
    public ReportedUsage? Last { get; private set; }

    private static ReadOnlySpan<byte> Key => "\"usage\""u8;

    /// <summary>Looks at the next piece, which it neither changes nor keeps.</summary>
    public void Scan(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            piece = piece[(_state switch
            {
                State.Key => FindKey(piece),
                State.Object => ReadObject(piece),
                _ => Expect(piece[0]),
            })..];
        }
    }

    /// <returns>How many bytes were dealt with; so for the other two.</returns>
    private int FindKey(ReadOnlySpan<byte> piece)
    {
        var at = 0;
        if (_matched == 0)
        {
            var found = piece.IndexOf(Key);
            if (found >= 0)
            {
                _state = State.Colon;
                return found + Key.Length;
            }

            // The key may begin in the last bytes.
            at = Math.Max(0, piece.Length - (Key.Length - 1));
        }

        for (; at < piece.Length; at++)
        {
            // Only its first byte, the quote, can begin the key anew.
            _matched = piece[at] == Key[_matched] ? _matched + 1 : piece[at] == Key[0] ? 1 : 0;
            if (_matched == Key.Length)
            {
                (_matched, _state) = (0, State.Colon);
                return at + 1;
            }

            if (_matched == 0 && piece.Length - at >= Key.Length) return at + 1;
        }

        return piece.Length;
    }

    /// <summary>A colon, then a brace, with white space around; anything else was no usage object.</summary>
    private int Expect(byte next)
    {
        if (next is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') return 1;
        if (next != (_state == State.Colon ? (byte)':' : (byte)'{'))
        {
            _state = State.Key;
            return 0;
        }

        if (_state == State.Colon)
        {
            _state = State.Brace;
            return 1;
        }

        _state = State.Object;
        (_length, _depth, _inString, _escaped) = (0, 0, false, false);
        return 0;
    }

    private int ReadObject(ReadOnlySpan<byte> piece)
    {
        _object ??= new byte[MaxLength];
        for (var at = 0; at < piece.Length; at++)
        {
            if (_length == MaxLength)
            {
                _state = State.Key;
                return at;
            }

            _object[_length++] = piece[at];
            if (!Closes(piece[at])) continue;
            _state = State.Key;
            Last = ReportedUsage.Parse(_object.AsSpan(0, _length)) ?? Last;
            return at + 1;
        }

        return piece.Length;
    }

    private bool Closes(byte next)
    {
        if (_inString)
        {
            if (_escaped) _escaped = false;
            else if (next == (byte)'\\') _escaped = true;
            else if (next == (byte)'"') _inString = false;
            return false;
        }

        switch (next)
        {
            case (byte)'"':
                _inString = true;
                return false;
            case (byte)'{':
                _depth++;
                return false;
            case (byte)'}':
                return --_depth == 0;
            default:
                return false;
        }
    }
}
