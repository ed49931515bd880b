using System.Buffers;
using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja;

/// <summary>What a rendering printed so far, in pooled memory. What a macro prints is taken off the end again as its value.</summary>
internal sealed class TextOutput : IDisposable
{
    private char[] _text = ArrayPool<char>.Shared.Rent(4096);

    public int Length { get; private set; }

    public void Append(ReadOnlySpan<char> text)
    {
        if (text.Length > _text.Length - Length) Grow(text.Length);
        text.CopyTo(_text.AsSpan(Length));
        Length += text.Length;
    }

    /// <summary>Removes and returns what was printed since <see cref="Length"/> was <paramref name="mark"/>.</summary>
    public string Take(int mark)
    {
        var taken = new string(_text, mark, Length - mark);
        Length = mark;
        return taken;
    }

    public override string ToString() => new(_text, 0, Length);

    public void Dispose()
    {
        ArrayPool<char>.Shared.Return(_text);
        _text = [];
    }

    private void Grow(int more)
    {
        Guard.Length((long)Length + more);
        var larger = ArrayPool<char>.Shared.Rent(Math.Max(_text.Length * 2, Length + more));
        _text.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<char>.Shared.Return(_text);
        _text = larger;
    }
}
