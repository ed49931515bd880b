using System.Buffers.Binary;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvEvents.Decoding;

/// <summary>
/// Decodes the payload of a KV-event message: <c>[timestamp, [event, …], data-parallel rank]</c>, two to any number of
/// elements. Events are arrays <c>[tag, field, …]</c> (vLLM up to v0.23, SGLang), where the position names the field and later versions
/// append, or maps <c>{"type": tag, …}</c> (v0.24 on). Unknown tags, keys and trailing elements are stepped over.
/// All or nothing: after a failure the batch's contents mean nothing. For one thread at a time.
/// </summary>
internal sealed class KvEventDecoder
{
    private readonly StringCache _strings = new();

    public bool TryDecode(ReadOnlySpan<byte> payload, KvEventBatch into, out DecodeError error)
    {
        into.Reset();
        var reader = new MsgPackReader(payload);
        var decoded = ReadBatch(ref reader, into);
        error = reader.Error;
        return decoded;
    }

    private bool ReadBatch(ref MsgPackReader reader, KvEventBatch batch)
    {
        if (!reader.ReadArray(out var elements)) return false;
        if (elements < 2) return reader.Fail("a batch has at least a time and a list of events");
        if (!reader.ReadNumber(out var timestamp)) return false;
        if (!double.IsFinite(timestamp)) return reader.Fail("a batch's time is a finite number");
        if (!reader.ReadArray(out var events)) return false;
        batch.Timestamp = timestamp;
        for (var i = 0; i < events; i++)
        {
            if (!ReadEvent(ref reader, batch)) return false;
        }

        if (elements > 2 && !reader.TrySkipNil())
        {
            if (!reader.ReadUInt32(out var rank)) return false;
            if (rank > int.MaxValue) return reader.Fail("no data-parallel rank is this large");
            batch.Rank = (int)rank;
        }

        for (var i = 3; i < elements; i++)
        {
            if (!reader.Skip()) return false;
        }

        return reader.Left == 0 || reader.Fail("something follows the batch");
    }

    private bool ReadEvent(ref MsgPackReader reader, KvEventBatch batch) => reader.PeekKind() switch
    {
        MsgPackKind.Array => ReadArrayEvent(ref reader, batch),
        MsgPackKind.Map => ReadMapEvent(ref reader, batch),
        _ => reader.Fail("an event is an array or a map"),
    };

    private bool ReadArrayEvent(ref MsgPackReader reader, KvEventBatch batch)
    {
        if (!reader.ReadArray(out var elements)) return false;
        if (elements == 0) return reader.Fail("an event starts with its tag");
        if (!reader.ReadString(out var tag)) return false;
        var layout = EventLayout.Of(tag);
        var record = new KvEventBatch.Record { Kind = layout?.Kind ?? default };
        if (layout is not null && elements <= layout.RequiredElements) return reader.Fail("an event lacks fields");
        if (record.Kind == KvEventKind.BlockStored && layout is not null) batch.Wire = WireForm.OfArray(elements);
        for (var i = 1; i < elements; i++)
        {
            var field = layout is not null && i <= layout.Fields.Length ? layout.Fields[i - 1] : EventField.Unknown;
            // SGLang appends a map of further fields in place of the next optional one.
            if (field >= EventField.Medium && reader.PeekKind() == MsgPackKind.Map)
            {
                field = EventField.Unknown;
                batch.Wire = batch.Wire with { IsSglang = true };
            }

            if (!ReadField(ref reader, batch, field, ref record)) return false;
        }

        return Finish(batch, layout, record);
    }

    private bool ReadMapEvent(ref MsgPackReader reader, KvEventBatch batch)
    {
        if (!FindTag(reader, out var tag, out var error)) return reader.Fail(error);
        if (!reader.ReadMap(out var pairs)) return false;
        var layout = EventLayout.Of(tag);
        var record = new KvEventBatch.Record { Kind = layout?.Kind ?? default };
        if (record.Kind == KvEventKind.BlockStored && layout is not null) batch.Wire = WireForm.OfMap;
        var seen = 0;
        for (var i = 0; i < pairs; i++)
        {
            var field = EventField.Unknown;
            if (reader.PeekKind() != MsgPackKind.String)
            {
                if (!reader.Skip()) return false;
            }
            else
            {
                if (!reader.ReadString(out var name)) return false;
                if (layout is not null) field = layout.FieldCalled(name);
            }

            seen |= 1 << (int)field;
            if (!ReadField(ref reader, batch, field, ref record)) return false;
        }

        if (layout is not null && (seen & layout.RequiredInMap) != layout.RequiredInMap) return reader.Fail("an event lacks fields");
        return Finish(batch, layout, record);
    }

    /// <summary>Finds an event's <c>type</c>, which stands first in everything seen so far, without moving the caller's reader.</summary>
    private static bool FindTag(MsgPackReader reader, out ReadOnlySpan<byte> tag, out string error)
    {
        tag = default;
        error = "an event has no type";
        if (!reader.ReadMap(out var pairs)) return false;
        for (var i = 0; i < pairs; i++)
        {
            var isType = false;
            if (reader.PeekKind() == MsgPackKind.String && reader.ReadString(out var name)) isType = name.SequenceEqual("type"u8);
            else if (!reader.Skip()) return false;
            if (isType) return reader.ReadString(out tag);
            if (!reader.Skip()) return false;
        }

        return false;
    }

    private static bool Finish(KvEventBatch batch, EventLayout? layout, in KvEventBatch.Record record)
    {
        if (layout is null) batch.UnknownEvents++;
        else batch.Add(record);
        return true;
    }

    private bool ReadField(ref MsgPackReader reader, KvEventBatch batch, EventField field, ref KvEventBatch.Record record)
    {
        switch (field)
        {
            case EventField.BlockHashes:
                return ReadHashes(ref reader, batch, ref record);
            case EventField.ParentBlockHash:
                record.Parent = null;
                if (reader.TrySkipNil()) return true;
                var form = default(HashForm);
                if (!ReadHash(ref reader, out var parent, ref form)) return false;
                record.Parent = parent;
                return true;
            case EventField.TokenIds:
                return ReadTokens(ref reader, batch, ref record);
            case EventField.BlockSize:
                return reader.ReadUInt32(out record.BlockSize);
            case EventField.LoraId:
                record.HasLoraId = reader.PeekKind() != MsgPackKind.Nil;
                return reader.Skip();
            case EventField.Medium:
                return ReadText(ref reader, out record.Medium);
            case EventField.LoraName:
                return ReadText(ref reader, out record.LoraName);
            case EventField.ExtraKeys:
                var start = reader.Position;
                if (reader.TrySkipNil()) return true;
                if (!reader.Skip()) return false;
                record.ExtraKeys = start..reader.Position;
                return true;
            case EventField.Group:
                return reader.TrySkipNil() || reader.ReadUInt32(out record.Group);
            case EventField.SpecKind:
                return ReadText(ref reader, out record.SpecKind);
            default:
                return reader.Skip();
        }
    }

    private static bool ReadHashes(ref MsgPackReader reader, KvEventBatch batch, ref KvEventBatch.Record record)
    {
        if (!reader.ReadArray(out record.HashCount)) return false;
        var form = default(HashForm);
        foreach (ref var hash in batch.AddHashes(record.HashCount, out record.FirstHash))
        {
            if (!ReadHash(ref reader, out hash, ref form)) return false;
        }

        if (batch.Wire.IsKnown && record.Kind == KvEventKind.BlockStored) batch.Wire = batch.Wire with { Hashes = form };
        return true;
    }

    /// <summary>
    /// An integer of either sign as its 64 bits, or the last eight of a digest's bytes. A block that is larger than the hash block
    /// may be named by all its digests in one string; its last eight bytes are what the integer form would say.
    /// </summary>
    private static bool ReadHash(ref MsgPackReader reader, out EngineBlockHash hash, ref HashForm form)
    {
        hash = default;
        if (reader.PeekKind() != MsgPackKind.Binary)
        {
            if (!reader.ReadInteger(out var bits, out var negative)) return false;
            if (negative || form == HashForm.None) form = negative ? HashForm.SignedIntegers : HashForm.Integers;
            hash = new EngineBlockHash(bits);
            return true;
        }

        if (!reader.ReadBinary(out var digest)) return false;
        if (digest.Length < sizeof(ulong)) return reader.Fail("a block hash has at least 8 bytes");
        form = HashForm.Bytes;
        hash = new EngineBlockHash(BinaryPrimitives.ReadUInt64BigEndian(digest[^sizeof(ulong)..]));
        return true;
    }

    private static bool ReadTokens(ref MsgPackReader reader, KvEventBatch batch, ref KvEventBatch.Record record)
    {
        if (reader.TrySkipNil()) return true;
        if (!reader.ReadArray(out record.TokenCount)) return false;
        return reader.ReadUInt32s(batch.AddTokens(record.TokenCount, out record.FirstToken));
    }

    private bool ReadText(ref MsgPackReader reader, out string? text)
    {
        text = null;
        if (reader.TrySkipNil()) return true;
        if (!reader.ReadString(out var utf8)) return false;
        text = _strings.Get(utf8);
        return true;
    }
}
