using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace OrleansKvRouter.Discovery.Yaml;

/// <summary>The scalar fields of a mapping, each null when it is absent or wrong.</summary>
internal sealed partial class Fields
{
    /// <summary>Text; a number or a boolean is an error that tells to put it in quotes.</summary>
    public string? Text(string name)
    {
        if (Find(name) is not { } node) return null;
        if (node is not YamlScalarNode scalar) WrongType(node, PathTo(name), "text");
        else if (Scalars.KindOf(scalar) == ScalarKind.Text) return scalar.Value;
        else WrongType(node, PathTo(name), $"text (in quotes: \"{scalar.Value}\")");
        return null;
    }

    /// <summary>Text that is not empty.</summary>
    public string? Name(string name)
    {
        var text = Text(name);
        if (text is { Length: 0 }) Error(name, "must not be empty");
        return text is { Length: 0 } ? null : text;
    }

    /// <summary>As <see cref="Name"/>, and an error when absent, which says how to mend it.</summary>
    public string? RequiredName(string name, string mend)
    {
        if (!Has(name)) Error(name, $"missing; {mend}");
        return Name(name);
    }

    /// <summary>Text or an integer, as it is written: 042 is "042".</summary>
    public string? TextOrInteger(string name)
    {
        if (Find(name) is not { } node) return null;
        if (node is YamlScalarNode scalar && Scalars.KindOf(scalar) is ScalarKind.Text or ScalarKind.Integer) return scalar.Value;
        WrongType(node, PathTo(name), "text or an integer");
        return null;
    }

    public int? Integer(string name, int min, int max)
    {
        if (Find(name) is not { } node) return null;
        if (node is YamlScalarNode { Value: { } text } scalar && Scalars.KindOf(scalar) == ScalarKind.Integer && !HasLeadingZero(text)
            && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }

        WrongType(node, PathTo(name), max == int.MaxValue ? $"an integer, at least {min}" : $"an integer from {min} to {max}");
        return null;
    }

    /// <summary>As <see cref="Integer"/>, and an error when absent.</summary>
    public int? RequiredInteger(string name, int min, int max)
    {
        if (!Has(name)) Error(name, $"missing; must be an integer from {min} to {max}");
        return Integer(name, min, max);
    }

    /// <summary>A finite number that is not negative.</summary>
    public double? Weight(string name) => Number(name, double.MaxValue, "a number, at least 0");

    /// <summary>A number from 0 to 1.</summary>
    public double? Share(string name) => Number(name, 1, "a number from 0 to 1");

    /// <summary>One of some words; case matters.</summary>
    public string? Word(string name, params IReadOnlyCollection<string> words)
    {
        if (Text(name) is not { } text) return null;
        if (words.Contains(text)) return text;
        var nearest = words.MinBy(word => NearestName.Distance(text, word))!;
        var hint = NearestName.IsNear(text, nearest) ? $"; did you mean \"{nearest}\"?" : "";
        Error(name, $"\"{text}\" is none of {string.Join(", ", words)}{hint}");
        return null;
    }

    /// <summary>A mapping of text to text; empty when absent.</summary>
    public IReadOnlyDictionary<string, string> TextMap(string name)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        return Read(name, map, fields =>
        {
            foreach (var key in fields._fields.Keys)
            {
                if (fields.Text(key) is { } value) map.Add(key, value);
            }

            return map;
        });
    }

    private double? Number(string name, double max, string wanted)
    {
        if (Find(name) is not { } node) return null;
        if (node is YamlScalarNode { Value: { } text } scalar && Scalars.KindOf(scalar) is ScalarKind.Integer or ScalarKind.Number
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= 0 && value <= max)
        {
            return value;
        }

        WrongType(node, PathTo(name), wanted);
        return null;
    }

    /// <summary>Octal to one parser and decimal to another.</summary>
    private static bool HasLeadingZero(string text) => text.TrimStart('-', '+') is ['0', _, ..];
}
