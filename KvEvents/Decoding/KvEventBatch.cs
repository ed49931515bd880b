using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvEvents.Decoding;

/// <summary>
/// One decoded batch of events, complete before anybody acts on the first of them, so that a payload that turns out
/// malformed changes nothing. Its buffers are reused from batch to batch, and are never larger than a small multiple of the payload:
/// room is made only for elements whose bytes are there. For one thread at a time.
/// </summary>
internal sealed class KvEventBatch
{
    /// <summary>Buffers beyond this many elements are let go after the batch that needed them.</summary>
    private const int KeptCapacity = 1 << 18;

    private Record[] _records = new Record[16];
    private EngineBlockHash[] _hashes = new EngineBlockHash[1024];
    private uint[] _tokens = new uint[4096];
    private int _hashCount;
    private int _tokenCount;

    /// <summary>Unix time in seconds at which the engine published the batch.</summary>
    public double Timestamp { get; set; }

    /// <summary>The data-parallel rank; 0 where the batch names none.</summary>
    public int Rank { get; set; }

    /// <summary>How many events there are.</summary>
    public int Count { get; private set; }

    /// <summary>The form of the batch's last event that announces blocks; unknown where none does.</summary>
    public WireForm Wire { get; set; }

    /// <summary>Events with tags that nobody knew when this was written.</summary>
    public int UnknownEvents { get; set; }

    /// <summary>Whether one of the events says that the engine emptied its cache.</summary>
    public bool Clears
    {
        get
        {
            for (var i = 0; i < Count; i++)
            {
                if (_records[i].Kind == KvEventKind.AllBlocksCleared) return true;
            }

            return false;
        }
    }

    public KvEventKind KindOf(int index) => _records[index].Kind;

    /// <summary>The event at <paramref name="index"/>, of kind <see cref="KvEventKind.BlockStored"/>.</summary>
    public BlockStored Stored(int index)
    {
        ref readonly var record = ref _records[index];
        return new BlockStored
        {
            Hashes = _hashes.AsSpan(record.FirstHash, record.HashCount),
            Parent = record.Parent,
            Tokens = _tokens.AsSpan(record.FirstToken, record.TokenCount),
            BlockSize = record.BlockSize,
            Medium = record.Medium,
            LoraName = record.LoraName,
            HasLoraId = record.HasLoraId,
            ExtraKeys = record.ExtraKeys,
            Group = record.Group,
            SpecKind = record.SpecKind,
        };
    }

    /// <summary>The event at <paramref name="index"/>, of kind <see cref="KvEventKind.BlockRemoved"/>.</summary>
    public BlockRemoved Removed(int index)
    {
        ref readonly var record = ref _records[index];
        return new BlockRemoved
        {
            Hashes = _hashes.AsSpan(record.FirstHash, record.HashCount),
            Medium = record.Medium,
            Group = record.Group,
        };
    }

    internal void Reset()
    {
        (Timestamp, Rank, Count, UnknownEvents, Wire) = (0, 0, 0, 0, default);
        // The strings that records refer to are let go with them.
        if (_records.Length > KeptCapacity) _records = new Record[16];
        if (_hashes.Length > KeptCapacity) _hashes = new EngineBlockHash[1024];
        if (_tokens.Length > KeptCapacity) _tokens = new uint[4096];
        (_hashCount, _tokenCount) = (0, 0);
    }

    internal void Add(in Record record)
    {
        if (Count == _records.Length) Array.Resize(ref _records, Count * 2);
        _records[Count++] = record;
    }

    /// <summary>Makes room for hashes whose bytes are known to be in the payload.</summary>
    internal Span<EngineBlockHash> AddHashes(int count, out int first)
    {
        first = _hashCount;
        _hashCount += count;
        if (_hashCount > _hashes.Length) Array.Resize(ref _hashes, Math.Max(_hashCount, _hashes.Length * 2));
        return _hashes.AsSpan(first, count);
    }

    /// <summary>Makes room for tokens whose bytes are known to be in the payload.</summary>
    internal Span<uint> AddTokens(int count, out int first)
    {
        first = _tokenCount;
        _tokenCount += count;
        if (_tokenCount > _tokens.Length) Array.Resize(ref _tokens, Math.Max(_tokenCount, _tokens.Length * 2));
        return _tokens.AsSpan(first, count);
    }

    /// <summary>An event's fields, with its hashes and tokens as stretches of the batch's buffers.</summary>
    internal struct Record
    {
        public KvEventKind Kind;
        public bool HasLoraId;
        public int FirstHash;
        public int HashCount;
        public int FirstToken;
        public int TokenCount;
        public uint BlockSize;
        public uint Group;
        public EngineBlockHash? Parent;
        public string? Medium;
        public string? LoraName;
        public string? SpecKind;
        public Range ExtraKeys;
    }
}
