using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;

namespace OrleansKvRouter.Contracts.Admin;

/// <summary>How the admin API's records are written as JSON: camel case, enums as the resource documents spell them.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified,
    Converters = [typeof(BlockKeyJsonConverter), typeof(PrefixCacheModeConverter), typeof(EventsModeConverter)])]
[JsonSerializable(typeof(IReadOnlyList<PoolStatus>))]
[JsonSerializable(typeof(ExplainResult))]
[JsonSerializable(typeof(IReadOnlyList<Decision>))]
[JsonSerializable(typeof(IReadOnlyList<HistoryPoint>))]
[JsonSerializable(typeof(NodeStatus))]
[JsonSerializable(typeof(Problem))]
public sealed partial class AdminJson : JsonSerializerContext;

internal sealed class PrefixCacheModeConverter() : JsonStringEnumConverter<PrefixCacheMode>(JsonNamingPolicy.CamelCase);

internal sealed class EventsModeConverter() : JsonStringEnumConverter<EventsMode>(JsonNamingPolicy.CamelCase);

/// <summary>A block key as a decimal string: a JSON number of 64 bits would lose its low bits in most readers.</summary>
internal sealed class BlockKeyJsonConverter : JsonConverter<BlockKey>
{
    public override BlockKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        ulong.TryParse(reader.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? new BlockKey(value)
            : throw new JsonException("a block key is a string of decimal digits, at most 2^64 − 1");

    public override void Write(Utf8JsonWriter writer, BlockKey value, JsonSerializerOptions options)
    {
        Span<char> digits = stackalloc char[20];
        value.Value.TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
        writer.WriteStringValue(digits[..length]);
    }
}
