using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansKvRouter.Bench.Cluster;

/// <summary>What a storm of events consisted of.</summary>
/// <param name="Sent">Batches.</param>
/// <param name="History">What each cache held of the chains, once engines had told of it.</param>
internal sealed record Storm(long Sent, HeldAt[] History);

/// <summary>What an engine holds from a moment on.</summary>
/// <param name="Time">Unix time.</param>
/// <param name="Engine">Its number.</param>
/// <param name="Blocks">Leading blocks of each chain.</param>
[JsonConverter(typeof(HeldAtConverter))]
internal sealed record HeldAt(double Time, int Engine, int[] Blocks);

/// <summary>As the fleet writes it, an array.</summary>
internal sealed class HeldAtConverter : JsonConverter<HeldAt>
{
    public override HeldAt Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var row = JsonSerializer.Deserialize<JsonElement>(ref reader, options);
        return new HeldAt(row[0].GetDouble(), row[1].GetInt32(), [.. row[2].EnumerateArray().Select(blocks => blocks.GetInt32())]);
    }

    public override void Write(Utf8JsonWriter writer, HeldAt value, JsonSerializerOptions options) => throw new NotSupportedException();
}
