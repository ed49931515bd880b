using System.Text;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.KvEvents.Applying;

/// <summary>
/// Reads an event's <c>extra_keys</c>, block by block, as what keys are made of: per block nil or
/// <c>[adapter?, images…, salt?, embeddings?]</c>. Up to v0.16, and from connectors, the list is absent: the adapter's name is then all.
/// </summary>
internal ref struct BlockExtrasReader
{
    private readonly string? _lora;
    private readonly ExtraKeyList _adapter;
    private readonly int _adapterBytes;
    private readonly ref byte[] _buffer;
    private MsgPackReader _reader;
    private ExtraKeyList _current;
    private int _left;

    /// <param name="list">The field's msgpack bytes; empty when absent or nil.</param>
    /// <param name="lora">The event's adapter.</param>
    /// <param name="buffer">Where keys are written; a larger one takes its place where it is too small.</param>
    public BlockExtrasReader(ReadOnlySpan<byte> list, string? lora, ref byte[] buffer)
    {
        _lora = lora;
        _buffer = ref buffer;
        _reader = new MsgPackReader(list);
        if (lora is not null)
        {
            _adapterBytes = ExtraKeyList.Overhead + Encoding.UTF8.GetByteCount(lora);
            Reserve(_adapterBytes);
            _adapter = new ExtraKeyList(_buffer);
            _adapter.AddLora(lora);
        }

        IsAbsent = list.IsEmpty;
        if (!IsAbsent && !_reader.ReadArray(out _left)) _left = 0;
        CanBeSplit = true;
    }

    public bool IsAbsent { get; }

    /// <summary>The block's extra keys.</summary>
    public readonly ExtraKeyList Current => _current;

    /// <summary>The adapter alone: what the parts of a block have that come after its first.</summary>
    public readonly ExtraKeyList Adapter => _adapter;

    /// <summary>Whether the block's keys are at most an adapter and a salt, so that it is known which of its parts have which.</summary>
    public bool CanBeSplit { get; private set; }

    /// <summary>Goes to the next block; false when what stands there is none of what vLLM hashes.</summary>
    public bool TryMoveNext()
    {
        _current = _adapter;
        CanBeSplit = true;
        if (IsAbsent) return true;
        if (_left-- <= 0) return false;
        if (_reader.TrySkipNil()) return true;

        var ahead = _reader;
        if (!ahead.Skip() || !_reader.ReadArray(out var keys)) return false;
        Reserve(_adapterBytes + (keys * ExtraKeyList.Overhead) + ahead.Position - _reader.Position);
        _current = new ExtraKeyList(_buffer.AsSpan(_adapterBytes));
        for (var i = 0; i < keys; i++)
        {
            if (!TryReadKey(isFirst: i == 0)) return false;
        }

        return true;
    }

    private bool TryReadKey(bool isFirst)
    {
        switch (_reader.PeekKind())
        {
            case MsgPackKind.String:
                if (!_reader.ReadString(out var text)) return false;
                if (isFirst && _lora is not null) _current.AddLora(text);
                else _current.AddText(text);
                return true;
            case MsgPackKind.Array:
                CanBeSplit = false;
                if (!_reader.ReadArray(out var parts) || parts != 2 || !_reader.ReadString(out var identifier)) return false;
                if (!_reader.ReadInteger(out var offset, out _)) return false;
                _current.AddItem(identifier, (long)offset);
                return true;
            case MsgPackKind.Integer:
                if (!isFirst || !_reader.ReadInteger(out var number, out _)) return false;
                _current.AddLora((long)number);
                return true;
            case MsgPackKind.Binary:
                CanBeSplit = false;
                if (!_reader.ReadBinary(out var digest)) return false;
                _current.AddBytes(digest);
                return true;
            default:
                return false;
        }
    }

    private readonly void Reserve(int bytes)
    {
        if (_buffer.Length < bytes) _buffer = new byte[Math.Max(bytes, 256)];
    }
}
