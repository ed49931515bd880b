using System.Buffers.Binary;
using System.Text.Json;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.Tests.KvEvents.Doubles;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Decoding;

public sealed class KvEventDecoderTests
{
    private static readonly JsonElement Golden =
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Oracles, "vectors.json"))).RootElement.GetProperty("wire_events");

    private readonly KvEventDecoder _decoder = new();
    private readonly KvEventBatch _batch = new();

    public static TheoryData<string, string> GoldenNames()
    {
        var names = new TheoryData<string, string>();
        foreach (var era in Golden.GetProperty("hex").EnumerateObject())
        {
            foreach (var sample in era.Value.EnumerateObject()) names.Add(era.Name, sample.Name);
        }

        return names;
    }

    [Theory]
    [MemberData(nameof(GoldenNames))]
    public void TryDecode_BytesOfEveryEra_EqualTheSample(string era, string sample)
    {
        var payload = Convert.FromHexString(Golden.GetProperty("hex").GetProperty(era).GetProperty(sample).GetString()!);
        var expected = Golden.GetProperty("samples").GetProperty(sample);

        Decode(payload);

        Assert.Equal(Golden.GetProperty("ts").GetDouble(), _batch.Timestamp);
        Assert.Equal(Golden.GetProperty("dp_rank").GetInt32(), _batch.Rank);
        Assert.Equal(1, _batch.Count);
        Assert.Equal(0, _batch.UnknownEvents);
        Assert.Equal(expected.GetProperty("tag").GetString(), _batch.KindOf(0).ToString());
        if (_batch.KindOf(0) == KvEventKind.BlockStored) AssertStored(expected.GetProperty("fields"), FieldsOf(era), payload);
        if (_batch.KindOf(0) == KvEventKind.BlockRemoved) AssertRemoved(expected.GetProperty("fields"), FieldsOf(era));
    }

    [Theory]
    [InlineData("92cb41da2e6c5010000090", 0)] // v0.8.5: no rank
    [InlineData("93cb41da2e6c5010000090c0", 0)] // rank nil
    [InlineData("95cb41da2e6c501000009007a178c0", 7)] // what later versions may append
    [InlineData("92ca4ed174e290", 0)] // a float32 for a time
    [InlineData("92ce68b9b24090", 0)] // an integer for a time
    public void TryDecode_BatchOfAnyLength_TakesWhatItKnows(string hex, int rank)
    {
        Decode(Convert.FromHexString(hex));

        Assert.Equal(rank, _batch.Rank);
        Assert.Equal(0, _batch.Count);
    }

    [Fact]
    public void TryDecode_UnknownTagsAndKeys_AreSteppedOver()
    {
        object?[] deep = [1];
        for (var i = 0; i < 5_000; i++) deep = [deep];
        Decode(MsgPack.Batch(
            new object?[] { "BlockInactive", MsgPack.Map(("a", deep)), 1.5, -5 },
            MsgPack.Map(("type", "TierBlocksCleared"), ("block_hashes", "not an array")),
            MsgPack.Map(("session_id", deep), ("block_size", 4), ("block_hashes", new object?[] { 1 }), ("type", "BlockStored"), ("event_version", 9))));

        Assert.Equal(2, _batch.UnknownEvents);
        Assert.Equal(1, _batch.Count);
        var stored = _batch.Stored(0);
        Assert.Equal(4u, stored.BlockSize);
        Assert.Equal(1ul, stored.Hashes[0].Value);
        Assert.Null(stored.Parent);
        Assert.True(stored.Tokens.IsEmpty);
    }

    [Fact]
    public void TryDecode_HashesOfEveryForm_AreReducedTo64Bits()
    {
        var concatenated = new byte[96];
        BinaryPrimitives.WriteUInt64BigEndian(concatenated.AsSpan(88), 0x1122334455667788);
        Decode(MsgPack.Batch(MsgPack.Removed(-1635429971592222890L, -3, ulong.MaxValue, 5, concatenated, new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 })));

        Assert.Equal(
            [unchecked((ulong)-1635429971592222890L), unchecked((ulong)-3L), ulong.MaxValue, 5, 0x1122334455667788, 0x0102030405060708],
            _batch.Removed(0).Hashes.ToArray().Select(hash => hash.Value));
    }

    [Fact]
    public void TryDecode_SglangArrays_FieldsBeyondTheMediumAreOptional()
    {
        Decode(MsgPack.Batch(
            new object?[] { "BlockStored", new object?[] { 1 }, null, new object?[] { 7 }, 1, null },
            new object?[] { "BlockStored", new object?[] { -2 }, 1, new object?[] { 8 }, 1, null, "GPU", MsgPack.Map(("cache_salt", "s")) },
            new object?[] { "BlockStored", new object?[] { 3 }, 1, new object?[] { 9 }, 1, null, MsgPack.Map(("cache_salt", "s")) }));

        Assert.Equal(3, _batch.Count);
        Assert.Null(_batch.Stored(0).Medium);
        Assert.Equal("GPU", _batch.Stored(1).Medium);
        Assert.Null(_batch.Stored(1).LoraName);
        Assert.Null(_batch.Stored(2).Medium);
        Assert.Equal(9u, _batch.Stored(2).Tokens[0]);
    }

    [Theory]
    [InlineData("", 0, "the payload ends in the middle of a value")]
    [InlineData("c0", 0, "an array was expected")]
    [InlineData("91cb41da2e6c50100000", 1, "a batch has at least a time and a list of events")]
    [InlineData("92a17890", 1, "an integer was expected")]
    [InlineData("92cb7ff000000000000090", 10, "a batch's time is a finite number")]
    [InlineData("9201a0", 2, "an array was expected")]
    [InlineData("92019105", 3, "an event is an array or a map")]
    [InlineData("92019190", 4, "an event starts with its tag")]
    [InlineData("9201919101", 4, "a string was expected")]
    [InlineData("92019180", 3, "an event has no type")]
    [InlineData("920191dd05", 4, "the payload ends in the middle of a value")]
    [InlineData("9201dd7fffffff", 7, "a length goes beyond the payload")]
    [InlineData("920190c0", 3, "something follows the batch")]
    [InlineData("93019001ff", 4, "something follows the batch")]
    [InlineData("930190ff", 3, "an integer from 0 to 4294967295 was expected")]
    [InlineData("920191c1", 3, "an event is an array or a map")]
    [InlineData("94019000c1", 4, "a byte that msgpack does not define")]
    [InlineData("94019000c9ffffffff00", 9, "a length goes beyond the payload")]
    public void TryDecode_MalformedBatch_SaysWhereAndWhy(string hex, int offset, string reason)
    {
        Assert.False(_decoder.TryDecode(Convert.FromHexString(hex), _batch, out var error));

        Assert.Equal(new DecodeError(offset, reason), error);
    }

    [Fact]
    public void TryDecode_MalformedEvents_SaysWhy()
    {
        AssertMalformed("an event lacks fields", new object?[] { "BlockStored", new object?[] { 1 }, null, null });
        AssertMalformed("an event lacks fields", new object?[] { "BlockRemoved" });
        AssertMalformed("an event lacks fields", MsgPack.Map(("type", "BlockStored"), ("block_size", 4)));
        AssertMalformed("a block hash has at least 8 bytes", MsgPack.Removed(new byte[7]));
        AssertMalformed("an integer was expected", MsgPack.Removed("x"));
        AssertMalformed("an array was expected", new object?[] { "BlockRemoved", null });
        AssertMalformed("an integer from 0 to 4294967295 was expected", new object?[] { "BlockStored", new object?[] { 1 }, null, new object?[] { -1 }, 16, null });
        AssertMalformed("an integer from 0 to 4294967295 was expected", new object?[] { "BlockStored", new object?[] { 1 }, null, new object?[] { 1L << 32 }, 16, null });
        AssertMalformed("a string was expected", new object?[] { "BlockRemoved", new object?[] { 1 }, 5 });
    }

    [Fact]
    public void TryDecode_LengthsOfFourBillion_NothingIsAllocatedForThem()
    {
        byte[][] bombs =
        [
            Convert.FromHexString("920191" + "93ab426c6f636b53746f726564" + "ddffffffff"),
            Convert.FromHexString("920191" + "92ac426c6f636b52656d6f766564" + "ddffffff00"),
            Convert.FromHexString("920191" + "81a474797065" + "dbffffffff"),
            Convert.FromHexString("920191dfffffffff"),
            Convert.FromHexString("9201ddffffffff"),
        ];

        var allocated = Allocations.Least(() =>
        {
            foreach (var bomb in bombs)
            {
                if (_decoder.TryDecode(bomb, _batch, out _)) Assert.Fail("a bomb is not a batch");
            }
        });

        Assert.Equal(0, allocated);
    }

    private void Decode(byte[] payload) => Assert.True(_decoder.TryDecode(payload, _batch, out var error), error.ToString());

    private void AssertMalformed(string reason, object? malformed)
    {
        Assert.False(_decoder.TryDecode(MsgPack.Batch(MsgPack.Cleared, malformed), _batch, out var error));
        Assert.Equal(reason, error.Reason);
    }

    private void AssertStored(JsonElement expected, int fields, byte[] payload)
    {
        var stored = _batch.Stored(0);
        Assert.Equal(expected.GetProperty("block_hashes").EnumerateArray().Select(HashOf), stored.Hashes.ToArray().Select(hash => hash.Value));
        var parent = expected.GetProperty("parent_block_hash");
        Assert.Equal(parent.ValueKind == JsonValueKind.Null ? null : parent.GetUInt64(), stored.Parent?.Value);
        Assert.Equal(expected.GetProperty("token_ids").EnumerateArray().Select(token => token.GetUInt32()), stored.Tokens.ToArray());
        Assert.Equal(expected.GetProperty("block_size").GetUInt32(), stored.BlockSize);
        Assert.Equal(expected.GetProperty("lora_id").ValueKind != JsonValueKind.Null, stored.HasLoraId);
        Assert.Equal(fields >= 6 ? Text(expected, "medium") : null, stored.Medium);
        Assert.Equal(fields >= 7 ? Text(expected, "lora_name") : null, stored.LoraName);
        Assert.Equal(fields >= 8 && expected.TryGetProperty("extra_keys", out _), payload[stored.ExtraKeys].Length > 0);
        Assert.Equal(fields >= 9 && expected.TryGetProperty("group_idx", out var group) ? group.GetUInt32() : 0, stored.Group);
        Assert.Equal(fields >= 10 ? Text(expected, "kv_cache_spec_kind") : null, stored.SpecKind);
    }

    private void AssertRemoved(JsonElement expected, int fields)
    {
        var removed = _batch.Removed(0);
        Assert.Equal(expected.GetProperty("block_hashes").EnumerateArray().Select(HashOf), removed.Hashes.ToArray().Select(hash => hash.Value));
        Assert.Equal(fields >= 6 ? Text(expected, "medium") : null, removed.Medium);
    }

    /// <summary>How many fields of BlockStored a version has, up to the kind.</summary>
    private static int FieldsOf(string era) => era switch
    {
        "v0.10.0" => 5,
        "v0.10.2" => 6,
        "v0.14.0" => 7,
        "v0.17.0" => 8,
        "v0.20.0" => 9,
        _ => 10,
    };

    private static string? Text(JsonElement fields, string name) => fields.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static ulong HashOf(JsonElement hash) => hash.ValueKind == JsonValueKind.Number
        ? hash.GetUInt64()
        : BinaryPrimitives.ReadUInt64BigEndian(Convert.FromHexString(hash.GetString()!).AsSpan()[^8..]);
}
