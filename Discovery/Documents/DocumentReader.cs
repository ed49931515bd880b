using System.Text;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Discovery.Yaml;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OrleansKvRouter.Discovery.Documents;

/// <summary>Reads a file's documents, and the items of those that are lists.</summary>
internal sealed class DocumentReader(string file, IssueList issues)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<ResourceDocument> _documents = [];

    /// <param name="file">The file's path as given.</param>
    /// <param name="bytes">Its contents: YAML of one or more documents, or JSON, in UTF-8.</param>
    /// <param name="issues">Collects what is wrong.</param>
    public static IReadOnlyList<ResourceDocument> Read(string file, byte[] bytes, IssueList issues)
    {
        if (Parse(file, bytes, issues) is not { } stream) return [];
        var reader = new DocumentReader(file, issues);
        for (var i = 0; i < stream.Documents.Count; i++) reader.ReadDocument(stream.Documents[i].RootNode, $"document {i + 1}", list: null);
        return reader._documents;
    }

    private static YamlStream? Parse(string file, byte[] bytes, IssueList issues)
    {
        DepthLimit? parser = null;
        try
        {
            var text = StrictUtf8.GetString(bytes).TrimStart('\uFEFF');
            parser = new DepthLimit(new Parser(new StringReader(text)));
            var stream = new YamlStream();
            stream.Load(parser);
            return stream;
        }
        catch (DecoderFallbackException e)
        {
            issues.Errors.Add(new ResourceIssue { File = file, What = $"not UTF-8 text: {e.Message}" });
        }
        catch (YamlException e)
        {
            Report(e.Start, e.Message);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // YamlDotNet 16 throws these for some malformed flow mappings and misplaced aliases.
            Report(parser?.Current?.End ?? new Mark(0, 1, 1), $"malformed soon after this place ({e.Message})");
        }

        return null;

        void Report(Mark at, string what) =>
            issues.Errors.Add(new ResourceIssue { File = file, Line = (int)at.Line, Column = (int)at.Column, What = $"not valid YAML: {what}" });
    }

    /// <param name="node">The document, or an item of a list.</param>
    /// <param name="place"><c>document 2</c>, <c>document 2 item 3</c>.</param>
    /// <param name="list">The list that the node is an item of.</param>
    private void ReadDocument(YamlNode node, string place, ItemDefaults? list)
    {
        if (node is YamlScalarNode empty && Scalars.KindOf(empty) == ScalarKind.Null) return;
        if (node is not YamlMappingNode mapping)
        {
            new DocumentScope(file, place, issues).Error(node.Start, "", $"a document must be a mapping, not {Scalars.Describe(node)}");
            return;
        }

        var scope = new DocumentScope(file, $"{place}{Identify(mapping, list?.Kind)}", issues);
        var fields = new Fields(scope, mapping, "");
        var apiVersion = list?.ApiVersion is { } inherited && !fields.Has("apiVersion") ? inherited : fields.RequiredName("apiVersion", "for example v1");
        var kind = list?.Kind is { } implied && !fields.Has("kind") ? implied : fields.RequiredName("kind", "for example InferencePool");
        if (apiVersion is null || kind is null) return;
        if (!kind.EndsWith("List", StringComparison.Ordinal) || !fields.Has("items"))
        {
            if (ResourceKinds.Read(apiVersion, kind, fields, scope) is { } document) _documents.Add(document);
        }
        else if (list is null)
        {
            ReadList(fields, place, apiVersion, kind[..^"List".Length]);
        }
        else
        {
            // A YAML alias can make a list its own item.
            scope.Error(mapping.Start, "", "a list cannot be an item of a list");
        }
    }

    private void ReadList(Fields list, string place, string apiVersion, string itemKind)
    {
        list.Accept("metadata");
        // A plain List holds anything, so its items say what they are; those of a PodList need not.
        var defaults = itemKind.Length == 0 ? new ItemDefaults(null, null) : new ItemDefaults(apiVersion, itemKind);
        foreach (var (i, item) in list.Nodes("items").Index()) ReadDocument(item.Node, $"{place} item {i + 1}", defaults);
        list.Close();
    }

    /// <summary>A first look at a document's kind and name, right or wrong, so that every issue can say where it is.</summary>
    private static string Identify(YamlMappingNode document, string? listItemKind)
    {
        var kind = TextOf(document, "kind") ?? listItemKind ?? "";
        var metadata = Value(document, "metadata") as YamlMappingNode;
        var name = metadata is null ? null : TextOf(metadata, "name");
        var id = name is null ? kind : $"{kind} {(metadata is null ? null : TextOf(metadata, "namespace")) ?? "default"}/{name}";
        return id.Trim().Length == 0 ? "" : $" ({id.Trim()})";

        static string? TextOf(YamlMappingNode node, string key) => (Value(node, key) as YamlScalarNode)?.Value;

        static YamlNode? Value(YamlMappingNode node, string key) =>
            node.Children.FirstOrDefault(field => field.Key is YamlScalarNode { Value: { } name } && name == key).Value;
    }

    /// <summary>What an item that does not say so itself is; null where it must.</summary>
    private sealed record ItemDefaults(string? ApiVersion, string? Kind);
}
