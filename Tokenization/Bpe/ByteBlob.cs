namespace OrleansKvRouter.Tokenization.Bpe;

/// <summary>Bytes that are appended to while a file is read.</summary>
internal sealed class ByteBlob
{
    private byte[] _bytes = new byte[256];

    /// <summary>How many bytes there are; may be set back to an earlier value.</summary>
    public int Count { get; set; }

    public void Add(byte value)
    {
        if (Count == _bytes.Length) Array.Resize(ref _bytes, Count * 2);
        _bytes[Count++] = value;
    }

    public void Add(ReadOnlySpan<byte> values)
    {
        foreach (var value in values) Add(value);
    }

    public ReadOnlySpan<byte> From(int start) => _bytes.AsSpan(start, Count - start);

    public byte[] ToArray() => _bytes.AsSpan(0, Count).ToArray();
}
