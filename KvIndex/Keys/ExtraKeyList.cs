using System.Buffers.Binary;
using System.Text;

namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>What an extra key of a block is; the numbers are part of the <c>own</c> keys.</summary>
internal enum ExtraKeyKind : byte
{
    /// <summary>The LoRA adapter's name (vLLM v0.11.1 on).</summary>
    LoraName = 1,

    /// <summary>The LoRA adapter's number (before v0.11.1).</summary>
    LoraNumber = 2,

    /// <summary>A cache salt, or a multimodal item's bare identifier (before v0.19): events do not tell them apart.</summary>
    Text = 3,

    /// <summary>A multimodal item's identifier with its offset from the start of the block (v0.19 on).</summary>
    Item = 4,

    /// <summary>The digest of the block's prompt embeddings.</summary>
    Bytes = 5,
}

/// <summary>
/// The extra keys of one block in the order in which vLLM hashes them: LoRA adapter, multimodal items, cache salt,
/// prompt embeddings. Written into the caller's buffer, from a request or from an event's <c>extra_keys</c>; each key
/// takes <see cref="Overhead"/> bytes beside its text or bytes. <c>default</c> is a block without extra keys.
/// </summary>
public ref struct ExtraKeyList(Span<byte> buffer)
{
    /// <summary>The most bytes that a key takes beside its UTF-8 text or its bytes: kind, length and offset.</summary>
    public const int Overhead = 13;

    /// <summary>The same in any scheme's encoding.</summary>
    internal const int EncodedOverhead = 18;

    private const int Head = 5;

    private readonly Span<byte> _buffer = buffer;
    private int _length;

    /// <summary>The number of keys.</summary>
    public int Count { get; private set; }

    /// <summary>The list as bytes, equal for equal lists only: kind, length (4 bytes, little-endian) and value of each key.</summary>
    internal readonly ReadOnlySpan<byte> Bytes => _buffer[.._length];

    /// <summary>The most bytes that the list takes in any scheme's encoding.</summary>
    internal readonly int MaxEncodedBytes => ((Count + 1) * EncodedOverhead) + _length;

    public void AddLora(string name) => AddText(ExtraKeyKind.LoraName, name);

    /// <param name="name">UTF-8.</param>
    public void AddLora(ReadOnlySpan<byte> name) => name.CopyTo(Add(ExtraKeyKind.LoraName, name.Length));

    /// <summary>The adapter's number, which vLLM before v0.11.1 hashes instead of its name.</summary>
    public void AddLora(long number) => BinaryPrimitives.WriteInt64LittleEndian(Add(ExtraKeyKind.LoraNumber, sizeof(long)), number);

    /// <summary>A cache salt, or a multimodal identifier as vLLM before v0.19 hashes it, without an offset.</summary>
    public void AddText(string text) => AddText(ExtraKeyKind.Text, text);

    /// <inheritdoc cref="AddText(string)"/>
    /// <param name="text">UTF-8.</param>
    public void AddText(ReadOnlySpan<byte> text) => text.CopyTo(Add(ExtraKeyKind.Text, text.Length));

    /// <param name="identifier">The multimodal item's identifier.</param>
    /// <param name="offset">Tokens from the start of the block to the item's first; negative where it started before.</param>
    public void AddItem(string identifier, long offset)
    {
        var value = Add(ExtraKeyKind.Item, sizeof(long) + Encoding.UTF8.GetByteCount(identifier));
        BinaryPrimitives.WriteInt64LittleEndian(value, offset);
        Encoding.UTF8.GetBytes(identifier, value[sizeof(long)..]);
    }

    /// <inheritdoc cref="AddItem(string, long)"/>
    public void AddItem(ReadOnlySpan<byte> identifier, long offset)
    {
        var value = Add(ExtraKeyKind.Item, sizeof(long) + identifier.Length);
        BinaryPrimitives.WriteInt64LittleEndian(value, offset);
        identifier.CopyTo(value[sizeof(long)..]);
    }

    /// <summary>The digest of the block's prompt embeddings.</summary>
    public void AddBytes(ReadOnlySpan<byte> digest) => digest.CopyTo(Add(ExtraKeyKind.Bytes, digest.Length));

    /// <summary>Takes the first key off <paramref name="bytes"/>, which are a list's; false at the end.</summary>
    internal static bool TryRead(ref ReadOnlySpan<byte> bytes, out ExtraKeyKind kind, out ReadOnlySpan<byte> value)
    {
        kind = default;
        value = default;
        if (bytes.IsEmpty) return false;
        kind = (ExtraKeyKind)bytes[0];
        value = bytes.Slice(Head, BinaryPrimitives.ReadInt32LittleEndian(bytes[1..]));
        bytes = bytes[(Head + value.Length)..];
        return true;
    }

    private void AddText(ExtraKeyKind kind, string text) =>
        Encoding.UTF8.GetBytes(text, Add(kind, Encoding.UTF8.GetByteCount(text)));

    private Span<byte> Add(ExtraKeyKind kind, int length)
    {
        var key = _buffer.Slice(_length, Head + length);
        key[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(key[1..], length);
        _length += key.Length;
        Count++;
        return key[Head..];
    }
}
