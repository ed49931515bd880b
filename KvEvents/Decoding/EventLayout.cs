namespace OrleansKvRouter.KvEvents.Decoding;

/// <summary>The fields that the router reads; those from <see cref="Medium"/> on are younger than v0.10.0, so optional.</summary>
internal enum EventField
{
    Unknown,
    BlockHashes,
    ParentBlockHash,
    TokenIds,
    BlockSize,
    LoraId,
    Medium,
    LoraName,
    ExtraKeys,
    Group,
    SpecKind,
}

/// <summary>The fields of one tag: in array events by position after the tag, in map events by name.</summary>
internal sealed class EventLayout
{
    private static readonly EventLayout Stored = new(
        KvEventKind.BlockStored,
        requiredElements: 4,
        required: [EventField.BlockHashes, EventField.BlockSize],
        fields:
        [
            EventField.BlockHashes, EventField.ParentBlockHash, EventField.TokenIds, EventField.BlockSize, EventField.LoraId,
            EventField.Medium, EventField.LoraName, EventField.ExtraKeys, EventField.Group, EventField.SpecKind,
        ]);

    private static readonly EventLayout Removed = new(
        KvEventKind.BlockRemoved,
        requiredElements: 1,
        required: [EventField.BlockHashes],
        fields: [EventField.BlockHashes, EventField.Medium, EventField.Group]);

    private static readonly EventLayout Cleared = new(KvEventKind.AllBlocksCleared, requiredElements: 0, required: [], fields: []);

    private EventLayout(KvEventKind kind, int requiredElements, EventField[] required, EventField[] fields)
    {
        Kind = kind;
        RequiredElements = requiredElements;
        Fields = fields;
        foreach (var field in required) RequiredInMap |= 1 << (int)field;
    }

    public KvEventKind Kind { get; }

    /// <summary>Elements after the tag that every version's array has.</summary>
    public int RequiredElements { get; }

    /// <summary>A bit for each field without which a map event makes no sense.</summary>
    public int RequiredInMap { get; }

    public EventField[] Fields { get; }

    public static EventLayout? Of(ReadOnlySpan<byte> tag) =>
        tag.SequenceEqual("BlockStored"u8) ? Stored
        : tag.SequenceEqual("BlockRemoved"u8) ? Removed
        : tag.SequenceEqual("AllBlocksCleared"u8) ? Cleared
        : null;

    public EventField FieldCalled(ReadOnlySpan<byte> name)
    {
        var field = name.Length switch
        {
            6 when name.SequenceEqual("medium"u8) => EventField.Medium,
            7 when name.SequenceEqual("lora_id"u8) => EventField.LoraId,
            9 when name.SequenceEqual("token_ids"u8) => EventField.TokenIds,
            9 when name.SequenceEqual("lora_name"u8) => EventField.LoraName,
            9 when name.SequenceEqual("group_idx"u8) => EventField.Group,
            10 when name.SequenceEqual("block_size"u8) => EventField.BlockSize,
            10 when name.SequenceEqual("extra_keys"u8) => EventField.ExtraKeys,
            12 when name.SequenceEqual("block_hashes"u8) => EventField.BlockHashes,
            17 when name.SequenceEqual("parent_block_hash"u8) => EventField.ParentBlockHash,
            18 when name.SequenceEqual("kv_cache_spec_kind"u8) => EventField.SpecKind,
            _ => EventField.Unknown,
        };
        return Array.IndexOf(Fields, field) >= 0 ? field : EventField.Unknown;
    }
}
