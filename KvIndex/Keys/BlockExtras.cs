using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>
/// A request's extras → the extra keys of each of its blocks, by the rules of its era (vllm/v1/core/kv_cache_utils.py,
/// <c>generate_block_hash_extra_keys</c>): the adapter in every block, items in the blocks they overlap, the salt in the
/// first block, an embedding digest in every block. Lists are valid until the next one is asked for.
/// </summary>
internal ref struct BlockExtras : IDisposable
{
    /// <summary>Bytes that do for most requests; more are rented.</summary>
    public const int StackBytes = 512;

    private const int DigestSize = 32;

    private readonly KeyExtras _extra;
    private readonly byte[]? _rented;
    private readonly Span<byte> _buffer;
    private readonly bool _changes;
    private ExtraKeyList _following;
    private bool _hasFollowing;

    public BlockExtras(in KeyExtras extra, Span<byte> stack)
    {
        _extra = extra;
        _changes = !extra.Items.IsEmpty || !extra.EmbeddingDigests.IsEmpty;
        _hasFollowing = extra.LoraName is null && extra.LoraNumber is null && string.IsNullOrEmpty(extra.CacheSalt);
        MaxBytes = CountBytes(extra);
        if (MaxBytes > stack.Length) _rented = ArrayPool<byte>.Shared.Rent(MaxBytes);
        _buffer = _rented ?? stack;
    }

    /// <summary>The most bytes that a block's list takes, here and in any scheme's encoding.</summary>
    public int MaxBytes { get; }

    /// <summary>False where an adapter's number is hashed that only the engine knows.</summary>
    public readonly bool AreKnown => _extra.Era != ExtraKeyEra.Numbered || _extra.LoraName is null || _extra.LoraNumber is not null;

    /// <param name="start">The index of the block's first token.</param>
    /// <param name="size">Tokens a block.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ExtraKeyList Of(int start, int size)
    {
        // Blocks that nothing overlaps differ in the first one's salt alone.
        return _hasFollowing && !_changes ? _following : Collect(start, size);
    }

    public readonly void Dispose()
    {
        if (_rented is not null) ArrayPool<byte>.Shared.Return(_rented);
    }

    private ExtraKeyList Collect(int start, int size)
    {
        var list = new ExtraKeyList(_buffer);
        AddLora(ref list);
        AddItems(ref list, start, start + size);
        if (start == 0 && !string.IsNullOrEmpty(_extra.CacheSalt)) list.AddText(_extra.CacheSalt);
        if (!_extra.EmbeddingDigests.IsEmpty) list.AddBytes(_extra.EmbeddingDigests.Span.Slice(start / size * DigestSize, DigestSize));
        _following = list;
        _hasFollowing = start > 0;
        return list;
    }

    private readonly void AddLora(ref ExtraKeyList list)
    {
        if (_extra.Era == ExtraKeyEra.Numbered)
        {
            if (_extra.LoraNumber is { } number) list.AddLora(number);
        }
        else if (_extra.LoraName is { } name)
        {
            list.AddLora(name);
        }
    }

    private readonly void AddItems(ref ExtraKeyList list, int start, int end)
    {
        var items = _extra.Items.Span;
        var isResumed = _extra.PromptLength > 0 && end > _extra.PromptLength && start > 0;
        if (isResumed && items.Length > 1) items = items[^1..];

        // Up to v0.18 a resumed block still counts an item that ended right before it.
        var passed = isResumed && _extra.Era != ExtraKeyEra.Paired ? start - 1 : start;
        foreach (ref readonly var item in items)
        {
            var stop = item.Offset + item.Length;
            if (item.Offset >= end) break;
            if (passed >= stop) continue;
            if (_extra.Era == ExtraKeyEra.Paired) list.AddItem(item.Identifier, item.Offset - start);
            else list.AddText(item.Identifier);
            if (stop > end) break;
        }
    }

    private static int CountBytes(in KeyExtras extra)
    {
        var bytes = (4 * ExtraKeyList.EncodedOverhead) + DigestSize + TextBytes(extra.LoraName) + TextBytes(extra.CacheSalt);
        foreach (ref readonly var item in extra.Items.Span) bytes += ExtraKeyList.EncodedOverhead + TextBytes(item.Identifier);
        return bytes;
    }

    private static int TextBytes(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);
}
