using OrleansKvRouter.Tokenization.Jinja;
using OrleansKvRouter.Tokenization.Jinja.Nodes;

namespace OrleansKvRouter.Tokenization.Templates;

/// <summary>What a template expects as a message's content.</summary>
internal enum ContentFormat
{
    /// <summary>A string.</summary>
    String,

    /// <summary>A list of parts, each <c>{"type": …}</c>.</summary>
    OpenAi,
}

/// <summary>
/// vLLM's <c>--chat-template-content-format auto</c>: parts, where a loop of the template goes over the content of
/// one of the messages or over a variable named <c>content</c>; else a string.
/// </summary>
internal static class ContentFormats
{
    public static ContentFormat Of(Template template)
    {
        var nodes = template.Nodes.ToList();
        var messages = Aliases(nodes, "messages");
        var loops = nodes.OfType<ForStatement>().ToList();
        var overMessages = loops.Where(loop => messages.Any(name => IsAccess(loop.Items, name, null))).ToList();
        // vLLM asserts that these loops have one target, and falls back to strings where they do not.
        if (overMessages.Exists(loop => loop.Target is not NameExpression)) return ContentFormat.String;
        var items = overMessages.Select(loop => ((NameExpression)loop.Target).Name).ToHashSet();
        return loops.Exists(loop => loop.Target is NameExpression && (loop.Items is NameExpression { Name: "content" } || items.Any(name => IsAccess(loop.Items, name, "content"))))
            ? ContentFormat.OpenAi
            : ContentFormat.String;
    }

    /// <summary>The variable and all that it, or a part of it, is assigned to.</summary>
    private static HashSet<string> Aliases(List<Node> nodes, string variable)
    {
        var sets = nodes.OfType<SetStatement>().ToList();
        var names = new HashSet<string> { variable };
        var grew = true;
        while (grew)
        {
            grew = false;
            foreach (var set in sets)
            {
                if (set.Target is NameExpression target && names.Any(name => IsAccess(set.Value, name, null))) grew |= names.Add(target.Name);
            }
        }

        return names;
    }

    /// <summary>Whether the expression is the variable (or its <paramref name="key"/>), filtered, tested or sliced.</summary>
    private static bool IsAccess(Expression expression, string variable, string? key) => expression switch
    {
        FilterExpression filter => IsAccess(filter.Input, variable, key),
        TestExpression test => IsAccess(test.Input, variable, key),
        SliceExpression slice => IsAccess(slice.Owner!, variable, key),
        NameExpression name => key is null && name.Name == variable,
        AttributeExpression attribute => attribute.Name == key && IsVariable(attribute.Owner, variable),
        ItemExpression { Key: Constant { Value: string text } } item => text == key && IsVariable(item.Owner, variable),
        _ => false,
    };

    private static bool IsVariable(Expression expression, string variable) => expression is NameExpression name && name.Name == variable;
}
