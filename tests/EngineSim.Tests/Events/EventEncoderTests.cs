using System.Text.Json;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.EngineSim.Core;
using OrleansKvRouter.EngineSim.Events;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EngineSim.Events;

/// <summary>Against bytes that vLLM's own structs gave with a real msgspec, one set an era.</summary>
public sealed class EventEncoderTests
{
    private static readonly JsonElement Golden =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Oracles, "vectors.json"))).RootElement.GetProperty("wire_events");

    private static readonly BlocksStored Stored = new(
        [new BlockKey(17705339885301241772), new BlockKey(5)], null, [1, 2, 3, 4, 5, 6, 7, 8], RequestIdentity.Plain);

    public static TheoryData<string> Eras => [.. Golden.GetProperty("hex").EnumerateObject().Select(era => era.Name)];

    [Theory]
    [MemberData(nameof(Eras))]
    public void Encode_BlockStored_EqualsTheEngineBytes(string era) => AssertGolden(era, "store_first", Stored);

    [Theory]
    [MemberData(nameof(Eras))]
    public void Encode_BlockRemoved_EqualsTheEngineBytes(string era) =>
        AssertGolden(era, "removed", new BlockRemoved(new BlockKey(17705339885301241772)));

    [Theory]
    [MemberData(nameof(Eras))]
    public void Encode_AllBlocksCleared_EqualsTheEngineBytes(string era) => AssertGolden(era, "cleared", new CacheCleared());

    [Theory]
    [InlineData("0.26.0")]
    [InlineData("v0.25.1")]
    [InlineData("v1.2")]
    public void Parse_AnyLaterRelease_HasAForm(string release) => Assert.True(EventSchema.Parse(release).Try(out _, out _));

    [Theory]
    [InlineData("v0.9.2")]
    [InlineData("latest")]
    [InlineData("")]
    public void Parse_NoKnownRelease_IsAFaultThatQuotesIt(string release)
    {
        Assert.False(EventSchema.Parse(release).Try(out _, out var fault));
        Assert.Contains($"\"{release}\"", fault.What, StringComparison.Ordinal);
    }

    private static void AssertGolden(string era, string sample, CacheEvent e)
    {
        Assert.True(EventSchema.Parse(era).Try(out var schema, out _));
        var bytes = new EventEncoder(schema, blockSize: 4).Encode(Golden.GetProperty("ts").GetDouble(), [e], rank: 0);
        Assert.Equal(Golden.GetProperty("hex").GetProperty(era).GetProperty(sample).GetString(), Convert.ToHexStringLower(bytes));
    }
}
