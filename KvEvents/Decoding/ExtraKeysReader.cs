using System.Text;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.KvEvents.Decoding;

/// <summary>What an event says about the extra keys of its leading blocks.</summary>
internal enum ExtraKeysForm
{
    /// <summary>Nothing: the engine is older than v0.17.0, or its connector leaves them out.</summary>
    Absent,

    /// <summary>None, or only the adapter's name.</summary>
    Plain,

    /// <summary>The first block has one more string. It is the salt, unless a v0.17 or v0.18 engine means an image by it.</summary>
    Salted,

    /// <summary>Images, prompt embeddings, or something that came later.</summary>
    Other,
}

/// <summary>
/// Reads the <c>extra_keys</c> of a root BlockStored: per block nil or <c>[adapter?, images…, salt?, embeddings?]</c>. The
/// elements are untyped on the wire, so position is all there is to go by.
/// </summary>
internal static class ExtraKeysReader
{
    /// <param name="list">The field's msgpack bytes; empty when absent or nil.</param>
    /// <param name="hasLora">The event has an adapter, whose name stands first in every block's keys.</param>
    /// <param name="blocks">How many leading blocks matter.</param>
    /// <param name="salt">The salt for <see cref="ExtraKeysForm.Salted"/>.</param>
    public static ExtraKeysForm Read(ReadOnlySpan<byte> list, bool hasLora, int blocks, out string? salt)
    {
        salt = null;
        if (list.IsEmpty) return ExtraKeysForm.Absent;
        var reader = new MsgPackReader(list);
        if (!reader.ReadArray(out var count)) return ExtraKeysForm.Other;
        for (var block = 0; block < Math.Min(count, blocks); block++)
        {
            if (!ReadBlock(ref reader, hasLora, out var further)) return ExtraKeysForm.Other;
            if (further.IsEmpty) continue;
            if (block != 0) return ExtraKeysForm.Other;
            salt = Encoding.UTF8.GetString(further);
        }

        return salt is null ? ExtraKeysForm.Plain : ExtraKeysForm.Salted;
    }

    /// <summary>Reads one block's keys: the adapter where there is one, and at most one further string.</summary>
    private static bool ReadBlock(ref MsgPackReader reader, bool hasLora, out ReadOnlySpan<byte> further)
    {
        further = default;
        if (reader.TrySkipNil()) return !hasLora;
        if (!reader.ReadArray(out var keys)) return false;
        var adapters = hasLora ? 1 : 0;
        if (keys < adapters || keys > adapters + 1) return false;
        if (hasLora && !reader.ReadString(out _)) return false;
        return keys == adapters || reader.ReadString(out further);
    }

    /// <summary>
    /// What a list of extra keys shows of the release that wrote it: a pair is an image from v0.19 on, a further string behind the first
    /// block, where no salt stands, one before that. Null where it shows nothing.
    /// </summary>
    public static ExtraKeyEra? EraOf(ReadOnlySpan<byte> list, bool hasLora)
    {
        var reader = new MsgPackReader(list);
        if (list.IsEmpty || !reader.ReadArray(out var blocks)) return null;
        for (var block = 0; block < blocks; block++)
        {
            if (reader.TrySkipNil()) continue;
            if (!reader.ReadArray(out var keys)) return null;
            for (var key = 0; key < keys; key++)
            {
                var kind = reader.PeekKind();
                if (kind == MsgPackKind.Array) return ExtraKeyEra.Paired;
                if (kind == MsgPackKind.String && block > 0 && key >= (hasLora ? 1 : 0)) return ExtraKeyEra.Bare;
                if (!reader.Skip()) return null;
            }
        }

        return null;
    }
}
