using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Silo.Schemes;

/// <summary>What all silos have agreed a pool's keys are made with.</summary>
/// <param name="Pool">The pool, for people.</param>
/// <param name="Function">The key function's name.</param>
/// <param name="Root">Where its chains start, in hexadecimal.</param>
/// <param name="Source">Where it came from.</param>
internal sealed record AgreedScheme(string Pool, string Function, string Root, SchemeSource Source)
{
    public static AgreedScheme Of(string pool, PoolKeyScheme scheme) => new(pool, scheme.Function.Name, Convert.ToHexString(scheme.Function.Root.Bytes), scheme.Source);

    /// <summary>Null where the bytes are none.</summary>
    public static AgreedScheme? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, AgreedSchemeJson.Default.AgreedScheme);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, AgreedSchemeJson.Default.AgreedScheme);

    public bool IsThatOf(PoolKeyScheme scheme) => Of(Pool, scheme) == this;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(AgreedScheme))]
internal sealed partial class AgreedSchemeJson : JsonSerializerContext;
