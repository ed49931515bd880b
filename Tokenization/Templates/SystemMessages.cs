using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Templates;

/// <summary>
/// vLLM ≥ 2026-06: where a template does not speak of the role "developer", its messages become system messages, and
/// all system messages become one at the front.
/// </summary>
internal static class SystemMessages
{
    public static bool KnowsDeveloper(string template) =>
        template.Contains("\"developer\"", StringComparison.Ordinal) || template.Contains("'developer'", StringComparison.Ordinal);

    /// <summary>The conversation without developer messages; the same one when it has none.</summary>
    public static PyList WithoutDeveloper(PyList conversation)
    {
        if (!conversation.Items.Any(message => IsRole(message, "developer"))) return conversation;
        object?[] converted = [.. conversation.Items.Select(message => IsRole(message, "developer") ? AsSystem((PyDict)message!) : message)];
        return IsRole(converted[0], "system") && converted.Count(message => IsRole(message, "system")) == 1 ? new PyList(converted) : Merged(converted);
    }

    private static PyList Merged(object?[] messages)
    {
        var texts = messages.Where(message => IsRole(message, "system")).Select(message => ContentText(((PyDict)message!)["content"])).Where(text => text.Length > 0);
        var merged = new PyDict();
        merged.Set("role", "system");
        merged.Set("content", string.Join("\n\n", texts));
        return new PyList([merged, .. messages.Where(message => !IsRole(message, "system"))]);
    }

    private static string ContentText(object? content) => content is PyList parts
        ? string.Join('\n', parts.Items.OfType<PyDict>().Where(part => part.TryGet("text", out _)).Select(part => Text.Str(part["text"])))
        : Text.Str(content);

    private static PyDict AsSystem(PyDict message)
    {
        var system = new PyDict();
        for (var i = 0; i < message.Count; i++)
        {
            if (message.KeyAt(i) is not "tools") system.Set(message.KeyAt(i), message.ValueAt(i));
        }

        system.Set("role", "system");
        return system;
    }

    private static bool IsRole(object? message, string role) => message is PyDict dict && dict["role"] is string actual && actual == role;
}
