using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace OrleansKvRouter.Discovery.Yaml;

/// <summary>
/// A YAML parser that refuses documents nested deeper than any manifest is: building the tree recurses, and a stack
/// overflow would end the process.
/// </summary>
internal sealed class DepthLimit(IParser inner) : IParser
{
    private const int MaxDepth = 100;

    private int _depth;

    public ParsingEvent? Current => inner.Current;

    public bool MoveNext()
    {
        if (!inner.MoveNext()) return false;
        _depth += inner.Current!.NestingIncrease;
        if (_depth > MaxDepth) throw new YamlException(inner.Current.Start, inner.Current.End, $"nested deeper than {MaxDepth} levels");
        return true;
    }
}
