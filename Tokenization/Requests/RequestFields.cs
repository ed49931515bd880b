using System.Numerics;
using System.Text.Json;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.Tokenization.Requests;

/// <summary>The top-level fields of a body, read one after another; the first that is wrong is kept as the fault.</summary>
internal sealed class RequestFields(JsonElement root)
{
    public Fault? Fault { get; private set; }

    /// <summary>The field's value; undefined when it is absent or null.</summary>
    public JsonElement this[string name] =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : default;

    public string RequiredText(string name)
    {
        var value = this[name];
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text) return text;
        Refuse(name, value, "a non-empty string");
        return "";
    }

    /// <summary>A string; null when absent. An empty one is a fault where <paramref name="notEmpty"/>.</summary>
    public string? Text(string name, bool notEmpty = false)
    {
        var value = this[name];
        if (value.ValueKind == JsonValueKind.Undefined) return null;
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { } text && (text.Length > 0 || !notEmpty)) return text;
        Refuse(name, value, notEmpty ? "a non-empty string" : "a string");
        return null;
    }

    public bool? Flag(string name)
    {
        var value = this[name];
        if (value.ValueKind == JsonValueKind.Undefined) return null;
        if (Json.Flag(value) is { } flag) return flag;
        Refuse(name, value, "true or false");
        return null;
    }

    /// <summary>A whole number from <paramref name="least"/>; larger than 32 bits counts as the largest.</summary>
    public int? Count(string name, int least)
    {
        var value = this[name];
        if (value.ValueKind == JsonValueKind.Undefined) return null;
        if (Json.Integer(value) is { } number && number >= least) return (int)BigInteger.Min(number, int.MaxValue);
        Refuse(name, value, $"a whole number from {least}");
        return null;
    }

    /// <summary>An array or object; undefined when absent.</summary>
    public JsonElement Structure(string name, JsonValueKind kind)
    {
        var value = this[name];
        if (value.ValueKind == kind || value.ValueKind == JsonValueKind.Undefined) return value;
        Refuse(name, value, kind == JsonValueKind.Array ? "an array" : "an object");
        return default;
    }

    public void Refuse(string name, JsonElement found, string wanted) =>
        Refuse(new Fault($"{name} is {Json.Describe(found)}", $"it must be {wanted}"));

    public void Refuse(Fault fault) => Fault ??= fault;
}
