using System.Text.Json;
using OrleansKvRouter.Tokenization.Jinja;
using OrleansKvRouter.Tokenization.Jinja.Values;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.Tokenization.Templates;

/// <summary>
/// An assistant's <c>tool_calls</c>. The key order is that of the types by which vLLM's pydantic models validate them
/// (id, function{arguments, name}, type), unknown keys last, because a template may print a whole call.
/// </summary>
internal static class ToolCalls
{
    public static PyList Of(JsonElement calls, string where)
    {
        if (calls.ValueKind != JsonValueKind.Array) throw new TemplateException($"{where} is {Json.Describe(calls)}; it must be an array");
        var prepared = new object?[calls.GetArrayLength()];
        var index = 0;
        foreach (var call in calls.EnumerateArray())
        {
            prepared[index] = Call(call, $"{where}[{index}]");
            index++;
        }

        return new PyList(prepared);
    }

    private static PyDict Call(JsonElement call, string where)
    {
        if (call.ValueKind != JsonValueKind.Object) throw new TemplateException($"{where} is {Json.Describe(call)}; it must be an object");
        var function = call.TryGetProperty("function", out var given) ? given : default;
        if (function.ValueKind != JsonValueKind.Object) throw new TemplateException($"{where}.function is {Json.Describe(function)}; it must be an object");
        if (call.TryGetProperty("type", out var type) && !(type.ValueKind == JsonValueKind.String && type.ValueEquals("function"u8)))
        {
            throw new TemplateException($"{where}.type is {Json.Describe(type)}; only \"function\" is supported");
        }

        var prepared = Ordered(call, "id", "function", "type");
        var ordered = Ordered(function, "arguments", "name");
        ordered.Set("arguments", Arguments(ordered["arguments"]));
        prepared.Set("function", ordered);
        return prepared;
    }

    /// <summary>An object; a JSON text of one is parsed, and whatever else there is becomes an empty one, so that a malformed call does not make the rest of a conversation unusable.</summary>
    private static PyDict Arguments(object? arguments)
    {
        if (arguments is string text) return JsonValues.TryParse(text, out var parsed) && parsed is PyDict dict ? dict : new PyDict();
        return arguments as PyDict ?? new PyDict();
    }

    private static PyDict Ordered(JsonElement source, params ReadOnlySpan<string> first)
    {
        var ordered = new PyDict();
        foreach (var name in first)
        {
            if (source.TryGetProperty(name, out var value)) ordered.Set(name, JsonValues.Of(value));
            else if (name == "arguments") ordered.Set(name, null);
        }

        foreach (var property in source.EnumerateObject()) ordered.Set(property.Name, JsonValues.Of(property.Value));
        return ordered;
    }
}
