using System.Text.Json;
using OrleansKvRouter.Tokenization.Jinja;
using OrleansKvRouter.Tokenization.Jinja.Values;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.Tokenization.Templates;

/// <summary>
/// The <c>messages</c> of a request → the template's variable <c>messages</c>, as vLLM's newest renderer prepares
/// them (vllm/renderers/chat_utils): known fields only, content in the template's format, tool arguments as objects.
/// </summary>
internal static class Conversation
{
    public static PyList Of(JsonElement messages, ContentFormat format)
    {
        var prepared = new object?[messages.GetArrayLength()];
        var index = 0;
        foreach (var message in messages.EnumerateArray())
        {
            prepared[index] = Message(message, format, $"messages[{index}]");
            index++;
        }

        return new PyList(prepared);
    }

    private static PyDict Message(JsonElement message, ContentFormat format, string where)
    {
        var role = message.GetProperty("role").GetString()!;
        var prepared = new PyDict(8);
        prepared.Set("role", role);
        prepared.Set("content", MessageContent.Of(Field(message, "content"), format, $"{where}.content"));
        switch (role)
        {
            case "assistant":
                var calls = Field(message, "tool_calls");
                if (calls.ValueKind != JsonValueKind.Undefined && ToolCalls.Of(calls, $"{where}.tool_calls") is { Count: > 0 } list) prepared.Set("tool_calls", list);
                AddReasoning(message, prepared, where);
                break;
            case "tool":
                if (message.TryGetProperty("tool_call_id", out var id)) prepared.Set("tool_call_id", JsonValues.Of(id));
                // Most templates expect a string here, whatever they do with other roles.
                if (prepared["content"] is PyList parts && MessageContent.Flattened(parts) is { } text) prepared.Set("content", text);
                break;
            case "developer":
                prepared.Set("tools", message.TryGetProperty("tools", out var tools) ? JsonValues.Of(tools) : null);
                break;
        }

        if (Field(message, "name") is { ValueKind: JsonValueKind.String } name) prepared.Set("name", name.GetString());
        return prepared;
    }

    /// <summary><c>reasoning</c>, or <c>reasoning_content</c> where there is none, under both names.</summary>
    private static void AddReasoning(JsonElement message, PyDict prepared, string where)
    {
        var reasoning = Field(message, "reasoning");
        if (reasoning.ValueKind == JsonValueKind.Undefined) reasoning = Field(message, "reasoning_content");
        if (reasoning.ValueKind == JsonValueKind.Undefined) return;
        if (reasoning.ValueKind != JsonValueKind.String) throw new TemplateException($"{where}.reasoning is {Json.Describe(reasoning)}; it must be a string");
        var text = reasoning.GetString();
        prepared.Set("reasoning", text);
        prepared.Set("reasoning_content", text);
    }

    /// <summary>A field's value; undefined when it is absent or null.</summary>
    private static JsonElement Field(JsonElement message, string name) =>
        message.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : default;
}
