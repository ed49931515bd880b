using OrleansKvRouter.Tokenization.Jinja.Library;

namespace OrleansKvRouter.Tokenization.Jinja.Values;

/// <summary>Jinja's value.name, which prefers attributes, and value[key], which prefers items.</summary>
internal static class Members
{
    public static object? Attribute(object? owner, string name)
    {
        switch (owner)
        {
            case PyDict dict when !Methods.IsOnDict(name):
                return dict.TryGet(name, out var value) ? value : AbsentAttribute(owner, name);
            case Loop loop:
                return loop.Attribute(name);
            case Namespace space:
                return space.Attributes.TryGet(name, out var attribute) ? attribute : AbsentAttribute(owner, name);
            case Undefined undefined:
                throw undefined.Error();
            case Macro macro when name == "name":
                return macro.Name;
            default:
                return Method(owner, name) ?? AbsentAttribute(owner, name);
        }
    }

    public static object? Item(object? owner, object? key)
    {
        switch (owner)
        {
            case PyDict dict:
                if (dict.TryGet(key, out var value)) return value;
                break;
            case ISequence sequence when Number.IsInteger(key):
                return At(sequence.Count, key!, out var index) ? sequence.At(index) : Undefined.Member(owner, key);
            case string or Markup when Number.IsInteger(key):
                return Character(Text.Str(owner), owner, key!);
            case Undefined undefined:
                throw undefined.Error();
        }

        return key is string name ? Attribute(owner, name) : Undefined.Member(owner, key);
    }

    private static object Character(string text, object? owner, object key)
    {
        if (!Text.HasSurrogates(text)) return At(text.Length, key, out var at) ? Characters.Of(text[at]) : Undefined.Member(owner, key);
        string[] points = [.. Text.CodePoints(text)];
        return At(points.Length, key, out var index) ? points[index] : Undefined.Member(owner, key);
    }

    private static bool At(int count, object key, out int index)
    {
        var at = Number.ToBig(key);
        if (at < 0) at += count;
        var within = at >= 0 && at < count;
        index = within ? (int)at : 0;
        return within;
    }

    private static Undefined AbsentAttribute(object? owner, string name) =>
        name.StartsWith('_') ? Undefined.Unsafe(owner, name) : Undefined.Member(owner, name);

    private static object? Method(object? owner, string name)
    {
        if (Methods.ChangesValue(owner, name)) return Undefined.Unsafe(owner, name);
        return Methods.Find(owner, name) is { } body ? new Function((_, arguments) => body(owner!, arguments)) : null;
    }

    private static class Characters
    {
        private static readonly string[] Ascii = [.. Enumerable.Range(0, 128).Select(c => ((char)c).ToString())];

        public static string Of(char c) => c < 128 ? Ascii[c] : c.ToString();
    }
}
