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

/// <summary>A set of <see cref="SchemeParts"/> as an array of names in camel case; a name from a later version is passed over.</summary>
internal sealed class SchemePartsJsonConverter : JsonConverter<SchemeParts>
{
    private static readonly (SchemeParts Part, string Name)[] Names =
        [.. Enum.GetValues<SchemeParts>().Where(part => part != SchemeParts.None).Select(part => (part, JsonNamingPolicy.CamelCase.ConvertName(part.ToString())))];

    public override SchemeParts Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("differs is an array of names");
        var parts = SchemeParts.None;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var name = reader.GetString();
            parts |= Array.Find(Names, known => known.Name == name).Part;
        }

        return parts;
    }

    public override void Write(Utf8JsonWriter writer, SchemeParts value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var (part, name) in Names)
        {
            if (value.HasFlag(part)) writer.WriteStringValue(name);
        }

        writer.WriteEndArray();
    }
}

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
