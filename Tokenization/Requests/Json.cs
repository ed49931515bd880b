using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace OrleansKvRouter.Tokenization.Requests;

/// <summary>JSON values as pydantic's lax mode reads them, and as a fault describes them.</summary>
internal static class Json
{
    private const int Shown = 40;

    /// <summary>"the string "abc"", "an array", "null", …: what a fault says was found.</summary>
    public static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => $"the string {Shorten(value.GetRawText())}",
        JsonValueKind.Number => $"the number {Shorten(value.GetRawText())}",
        JsonValueKind.Undefined => "missing",
        _ => value.GetRawText(),
    };

    /// <summary>An integer as pydantic takes it: 3, 3.0, "3", true. Null for anything else.</summary>
    public static BigInteger? Integer(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Number:
                if (value.TryGetInt64(out var whole)) return whole;
                if (value.TryGetDouble(out var real) && double.IsInteger(real)) return new BigInteger(real);
                return null;
            case JsonValueKind.String:
                var text = value.GetString()!.Trim();
                return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed) ? parsed : null;
            case JsonValueKind.True:
                return BigInteger.One;
            case JsonValueKind.False:
                return BigInteger.Zero;
            default:
                return null;
        }
    }

    /// <summary>A boolean as pydantic takes it: true, 1, 1.0, "true", "on", "yes", "y", "t", "1" and their opposites. Null for anything else.</summary>
    public static bool? Flag(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.True:
                return true;
            case JsonValueKind.False:
                return false;
            case JsonValueKind.Number:
                return value.TryGetDouble(out var number) ? number switch { 1 => true, 0 => false, _ => null } : null;
            case JsonValueKind.String:
                return value.GetString()!.ToUpperInvariant() switch
                {
                    "TRUE" or "ON" or "YES" or "Y" or "T" or "1" => true,
                    "FALSE" or "OFF" or "NO" or "N" or "F" or "0" => false,
                    _ => null,
                };
            default:
                return null;
        }
    }

    private static string Shorten(string raw) => raw.Length <= Shown ? raw : string.Concat(raw.AsSpan(0, Shown), "…");
}
