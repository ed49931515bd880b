using System.Text.Json;
using OrleansKvRouter.Tokenization.Jinja;
using OrleansKvRouter.Tokenization.Jinja.Values;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.Tokenization.Templates;

/// <summary>
/// The <c>tools</c> of a request as vLLM's pydantic models dump them: type, function{name, description, parameters},
/// with null for what is missing; strict and defer_loading only when set; other keys dropped.
/// </summary>
internal static class Tools
{
    public static PyList? Of(JsonElement tools)
    {
        if (tools.ValueKind == JsonValueKind.Undefined) return null;
        var dumped = new object?[tools.GetArrayLength()];
        var index = 0;
        foreach (var tool in tools.EnumerateArray())
        {
            dumped[index] = Tool(tool, $"tools[{index}]");
            index++;
        }

        return new PyList(dumped);
    }

    private static PyDict Tool(JsonElement tool, string where)
    {
        if (tool.ValueKind != JsonValueKind.Object) throw new TemplateException($"{where} is {Json.Describe(tool)}; it must be an object");
        if (tool.TryGetProperty("type", out var type) && !(type.ValueKind == JsonValueKind.String && type.ValueEquals("function"u8)))
        {
            throw new TemplateException($"{where}.type is {Json.Describe(type)}; only \"function\" is supported");
        }

        var function = Field(tool, "function", $"{where}.function", JsonValueKind.Object);
        if (function.ValueKind == JsonValueKind.Undefined) throw new TemplateException($"{where}.function is missing; it must be an object");
        var name = Field(function, "name", $"{where}.function.name", JsonValueKind.String);
        if (name.ValueKind == JsonValueKind.Undefined) throw new TemplateException($"{where}.function.name is missing; it must be a string");

        var dumpedFunction = new PyDict(5);
        dumpedFunction.Set("name", name.GetString());
        dumpedFunction.Set("description", JsonValues.Of(Field(function, "description", $"{where}.function.description", JsonValueKind.String)));
        dumpedFunction.Set("parameters", JsonValues.Of(Field(function, "parameters", $"{where}.function.parameters", JsonValueKind.Object)));
        SetFlag(dumpedFunction, function, "strict", where);
        var deferLoading = Flag(tool, "defer_loading", where);
        if (!SetFlag(dumpedFunction, function, "defer_loading", where) && deferLoading is not null) dumpedFunction.Set("defer_loading", deferLoading);

        var dumped = new PyDict();
        dumped.Set("type", "function");
        dumped.Set("function", dumpedFunction);
        if (deferLoading is not null) dumped.Set("defer_loading", deferLoading);
        return dumped;
    }

    private static bool SetFlag(PyDict into, JsonElement source, string name, string where)
    {
        var flag = Flag(source, name, where);
        if (flag is not null) into.Set(name, flag);
        return flag is not null;
    }

    private static object? Flag(JsonElement source, string name, string where)
    {
        if (!source.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        return Json.Flag(value) is { } flag ? Number.Box(flag) : throw new TemplateException($"{where}: {name} is {Json.Describe(value)}; it must be true or false");
    }

    /// <summary>The field; undefined when it is absent or null.</summary>
    private static JsonElement Field(JsonElement source, string name, string where, JsonValueKind kind)
    {
        if (!source.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return default;
        if (value.ValueKind == kind) return value;
        throw new TemplateException($"{where} is {Json.Describe(value)}; it must be {(kind == JsonValueKind.Object ? "an object" : "a string")}");
    }
}
