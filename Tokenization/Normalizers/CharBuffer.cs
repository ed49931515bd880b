using System.Text;

namespace OrleansKvRouter.Tokenization.Normalizers;

/// <summary>A growing text that is reused from call to call. Not safe for two threads at once.</summary>
internal sealed class CharBuffer
{
    /// <summary>Most characters that are kept between calls: 1 MB for each thread that tokenizes.</summary>
    private const int Kept = 1 << 19;

    private char[] _chars = new char[256];

    public int Count { get; private set; }

    public ReadOnlySpan<char> Text => _chars.AsSpan(0, Count);

    public void Clear() => Count = 0;

    /// <summary>Lets go of what an unusually long text needed.</summary>
    public void Trim()
    {
        if (_chars.Length > Kept) _chars = new char[256];
    }

    public void Add(ReadOnlySpan<char> text)
    {
        Grow(text.Length);
        text.CopyTo(_chars.AsSpan(Count));
        Count += text.Length;
    }

    public void Add(int codePoint)
    {
        Grow(2);
        Count += new Rune(codePoint).EncodeToUtf16(_chars.AsSpan(Count));
    }

    private void Grow(int more)
    {
        if (Count + more > _chars.Length) Array.Resize(ref _chars, Math.Max(_chars.Length * 2, Count + more));
    }
}
