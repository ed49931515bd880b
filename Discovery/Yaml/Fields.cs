using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OrleansKvRouter.Discovery.Yaml;

/// <summary>
/// Reads one mapping field by field. Asking for a field makes it known; closing then reports every field that nobody
/// asked for, so there is no list of names beside the code that reads them. A null value is an absent field, as in
/// Kubernetes. Every method reports what is wrong and then answers as if the field were absent.
/// </summary>
internal sealed partial class Fields
{
    private readonly Dictionary<string, KeyValuePair<YamlNode, YamlNode>> _fields = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly DocumentScope _scope;
    private readonly string _path;

    public Fields(DocumentScope scope, YamlMappingNode node, string path)
    {
        (_scope, _path, At) = (scope, path, node.Start);
        foreach (var field in node.Children)
        {
            if (field.Key is not YamlScalarNode { Value: { } name }) scope.Error(field.Key.Start, path, $"a field's name must be text, not {Scalars.Describe(field.Key)}");
            else if (!_fields.TryAdd(name, field)) scope.Error(field.Key.Start, PathTo(name), "given twice");
        }
    }

    /// <summary>Where the mapping starts.</summary>
    public Mark At { get; }

    /// <summary>True when the field is there and not null.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>Where a field's value stands; the mapping itself when it is absent.</summary>
    public Mark PlaceOf(string name) => _fields.TryGetValue(name, out var field) ? field.Value.Start : At;

    /// <summary>Fields that belong here and mean nothing to this program.</summary>
    public void Accept(params ReadOnlySpan<string> names)
    {
        foreach (var name in names) _known.Add(name);
    }

    /// <summary>A nested mapping, every field of which must be known; <paramref name="absent"/> when there is none.</summary>
    public T Read<T>(string name, T absent, Func<Fields, T> read) => Nested(name, absent, read, fields => fields.Close());

    /// <summary>A nested mapping of which only some fields mean something here.</summary>
    public T ReadOpen<T>(string name, T absent, Func<Fields, T> read) => Nested(name, absent, read, fields => fields.CloseOpen());

    /// <summary>A list of mappings, every field of which must be known.</summary>
    public IReadOnlyList<T> Items<T>(string name, Func<Fields, T> read) => List(name, read, fields => fields.Close());

    /// <summary>A list of mappings of which only some fields mean something here.</summary>
    public IReadOnlyList<T> OpenItems<T>(string name, Func<Fields, T> read) => List(name, read, fields => fields.CloseOpen());

    /// <summary>The nodes of a list, with their paths.</summary>
    public IEnumerable<(YamlNode Node, string Path)> Nodes(string name)
    {
        if (Find(name) is not { } node) return [];
        if (node is YamlSequenceNode list) return list.Children.Select((item, i) => (item, $"{PathTo(name)}[{i}]"));
        WrongType(node, PathTo(name), "a list");
        return [];
    }

    /// <summary>Reports every field that nobody asked for.</summary>
    public void Close()
    {
        foreach (var (name, field) in _fields)
        {
            if (!_known.Contains(name)) _scope.Error(field.Key.Start, PathTo(name), $"unknown field; {NearestName.Hint(name, _known)}");
        }
    }

    /// <summary>Reports something wrong with a field's value.</summary>
    public void Error(string name, string what) => _scope.Error(PlaceOf(name), PathTo(name), what);

    /// <summary>Reports something doubtful in a field's value.</summary>
    public void Warn(string name, string what) => _scope.Warn(PlaceOf(name), PathTo(name), what);

    /// <summary>A foreign field is fine in an open mapping, unless it is one of ours in the wrong case.</summary>
    private void CloseOpen()
    {
        foreach (var (name, field) in _fields)
        {
            if (_known.Contains(name)) continue;
            var meant = _known.FirstOrDefault(known => string.Equals(known, name, StringComparison.OrdinalIgnoreCase));
            if (meant is not null) _scope.Error(field.Key.Start, PathTo(name), $"unknown field; did you mean \"{meant}\"?");
        }
    }

    private T Nested<T>(string name, T absent, Func<Fields, T> read, Action<Fields> close)
    {
        if (Find(name) is not { } node) return absent;
        if (node is YamlMappingNode mapping) return ReadAll(mapping, PathTo(name), read, close);
        WrongType(node, PathTo(name), "a mapping");
        return absent;
    }

    private List<T> List<T>(string name, Func<Fields, T> read, Action<Fields> close)
    {
        var items = new List<T>();
        foreach (var (node, path) in Nodes(name))
        {
            if (node is YamlMappingNode mapping) items.Add(ReadAll(mapping, path, read, close));
            else WrongType(node, path, "a mapping");
        }

        return items;
    }

    private T ReadAll<T>(YamlMappingNode mapping, string path, Func<Fields, T> read, Action<Fields> close)
    {
        var fields = new Fields(_scope, mapping, path);
        var value = read(fields);
        close(fields);
        return value;
    }

    private YamlNode? Find(string name)
    {
        _known.Add(name);
        if (!_fields.TryGetValue(name, out var field)) return null;
        return field.Value is YamlScalarNode scalar && Scalars.KindOf(scalar) == ScalarKind.Null ? null : field.Value;
    }

    private void WrongType(YamlNode node, string path, string expected) =>
        _scope.Error(node.Start, path, $"must be {expected}, not {Scalars.Describe(node)}");

    private string PathTo(string name)
    {
        var plain = name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
        return !plain ? $"{_path}[\"{name}\"]" : _path.Length == 0 ? name : $"{_path}.{name}";
    }
}
