using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace OrleansKvRouter.Discovery.Yaml;

/// <summary>
/// A YAML parser that answers any text with events or a <see cref="YamlException"/>. It refuses documents nested deeper than
/// any manifest is, because building the tree recurses and a stack overflow would end the process; and the exceptions of
/// other kinds that YamlDotNet 16 throws on some malformed flow mappings become errors with a place.
/// </summary>
internal sealed class GuardedParser(IParser inner) : IParser
{
    private const int MaxDepth = 100;

    private int _depth;

    public ParsingEvent? Current => inner.Current;

    public bool MoveNext()
    {
        if (!Advance()) return false;
        _depth += inner.Current!.NestingIncrease;
        if (_depth > MaxDepth) throw new YamlException(inner.Current.Start, inner.Current.End, $"nested deeper than {MaxDepth} levels");
        return true;
    }

    private bool Advance()
    {
        try
        {
            return inner.MoveNext();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            var reached = inner.Current?.End ?? Mark.Empty;
            throw new YamlException(reached, reached, "malformed soon after this place", e);
        }
    }
}
