using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OrleansKvRouter.Discovery.Yaml;

internal enum ScalarKind
{
    Null,
    Boolean,
    Integer,
    Number,
    Text,
}

/// <summary>Tells what a YAML scalar is by the 1.2 core schema, which JSON scalars follow too; its text is kept as written.</summary>
internal static partial class Scalars
{
    public static ScalarKind KindOf(YamlScalarNode node)
    {
        var tag = node.Tag.IsEmpty ? "" : node.Tag.Value;
        if (node.Style != ScalarStyle.Plain || tag == "tag:yaml.org,2002:str") return ScalarKind.Text;
        return node.Value switch
        {
            null or "" or "~" or "null" or "Null" or "NULL" => ScalarKind.Null,
            "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => ScalarKind.Boolean,
            var text when Integer().IsMatch(text) => ScalarKind.Integer,
            var text when Number().IsMatch(text) => ScalarKind.Number,
            _ => ScalarKind.Text,
        };
    }

    /// <summary>What a node is, for an error: <c>the text "eight"</c>, <c>a list</c>.</summary>
    public static string Describe(YamlNode node) => node switch
    {
        YamlMappingNode => "a mapping",
        YamlSequenceNode => "a list",
        YamlScalarNode scalar => KindOf(scalar) switch
        {
            ScalarKind.Null => "null",
            ScalarKind.Boolean => $"the boolean {scalar.Value}",
            ScalarKind.Integer => $"the integer {scalar.Value}",
            ScalarKind.Number => $"the number {scalar.Value}",
            _ => $"the text \"{Shorten(scalar.Value ?? "")}\"",
        },
        _ => "an alias",
    };

    private static string Shorten(string text) => text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 57), "...");

    // Other YAML parsers read 042 as octal and 1_000 as a thousand: integers for a type check, whatever their value.
    [GeneratedRegex("^[-+]?([0-9][0-9_]*|0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+)$")]
    private static partial Regex Integer();

    [GeneratedRegex(@"^[-+]?((\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF)|\.(nan|NaN|NAN))$")]
    private static partial Regex Number();
}
