using System.Globalization;
using System.Numerics;
using System.Text.Json;
using OrleansKvRouter.Tokenization.Jinja;
using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Templates;

/// <summary>JSON → Python's values, as <c>json.loads</c> makes them: integers without bound, the last of two equal keys in the place of the first.</summary>
internal static class JsonValues
{
    /// <summary>CPython's limit on the digits of an integer in text.</summary>
    private const int MaxDigits = 4300;

    /// <summary>Nesting that a JSON text inside a string (tool call arguments) may have.</summary>
    private const int MaxDepth = 512;

    public static object? Of(JsonElement element)
    {
        Guard.Depth();
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                return Dict(element);
            case JsonValueKind.Array:
                var items = new object?[element.GetArrayLength()];
                var at = 0;
                foreach (var item in element.EnumerateArray()) items[at++] = Of(item);
                return new PyList(items);
            case JsonValueKind.String:
                return element.GetString();
            case JsonValueKind.Number:
                return OfNumber(element);
            case JsonValueKind.True:
                return Number.Box(true);
            case JsonValueKind.False:
                return Number.Box(false);
            default:
                return null;
        }
    }

    public static PyDict Dict(JsonElement element)
    {
        var dict = new PyDict();
        foreach (var property in element.EnumerateObject()) dict.Set(property.Name, Of(property.Value));
        return dict;
    }

    /// <summary>A JSON text's value; false when it is no JSON.</summary>
    public static bool TryParse(string text, out object? value)
    {
        value = null;
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxDepth });
            value = Of(document.RootElement);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            throw new TemplateException("half a surrogate pair (\\ud800 to \\udfff) in a JSON text");
        }
    }

    private static object OfNumber(JsonElement element)
    {
        if (element.TryGetInt64(out var small)) return Number.Box(small);
        var text = element.GetRawText();
        if (text.AsSpan().IndexOfAny(".eE") >= 0) return double.Parse(text, CultureInfo.InvariantCulture);
        if (text.Length > MaxDigits) throw new TemplateException($"an integer of {text.Length} digits");
        return Number.Box(BigInteger.Parse(text, CultureInfo.InvariantCulture));
    }
}
