using OrleansKvRouter.Discovery.Yaml;

namespace OrleansKvRouter.Discovery.Documents;

/// <summary>Reads InferencePools of both API groups into one record.</summary>
internal static class PoolReader
{
    /// <summary>The v1 API's own limit.</summary>
    private const int MaxTargetPorts = 8;

    private static readonly Dictionary<string, string> NoLabels = [];

    /// <summary><c>inference.networking.k8s.io/v1</c>.</summary>
    public static ResourceDocument ReadV1(Fields document, DocumentScope scope) => Read(document, scope, spec =>
    {
        spec.Word("appProtocol", "http", "kubernetes.io/h2c");
        ReadExtension(spec, "endpointPickerRef", extension => extension.Read("port", 0, port => port.Integer("number", 1, 65535) ?? 0));
        var selector = spec.Read("selector", NoLabels, fields => fields.TextMap("matchLabels"));
        if (selector.Count == 0) spec.Error("selector", "needs matchLabels with at least one label; the pool would have no endpoint");

        var ports = spec.Items("targetPorts", item => item.RequiredInteger("number", 1, 65535));
        if (ports.Count is 0 or > MaxTargetPorts) spec.Error("targetPorts", $"must list 1 to {MaxTargetPorts} ports, each as \"number: 8000\"");
        if (ports.Distinct().Count() != ports.Count) spec.Error("targetPorts", "lists a port twice");
        return (selector, ports.OfType<int>().ToArray());
    });

    /// <summary><c>inference.networking.x-k8s.io/v1alpha2</c>.</summary>
    public static ResourceDocument ReadV1Alpha2(Fields document, DocumentScope scope) => Read(document, scope, spec =>
    {
        ReadExtension(spec, "extensionRef", extension => extension.Integer("portNumber", 1, 65535));
        var selector = spec.TextMap("selector");
        if (selector.Count == 0) spec.Error("selector", "needs at least one label; the pool would have no endpoint");

        return (selector, spec.RequiredInteger("targetPortNumber", 1, 65535) is { } port ? [port] : []);
    });

    private static PoolDocument Read(Fields document, DocumentScope scope, Func<Fields, (IReadOnlyDictionary<string, string> Selector, int[] Ports)> readSpec)
    {
        var metadata = Metadata.Read(document);
        document.Accept("status");
        if (!document.Has("spec")) document.Error("spec", "missing; a pool needs a selector and a target port");
        var (selector, ports) = document.Read("spec", (NoLabels, []), readSpec);
        return new PoolDocument(scope, document.At, metadata, selector, ports);
    }

    /// <summary>Checks the reference to the endpoint picker. It is for the proxy, which finds this program by it.</summary>
    private static void ReadExtension<T>(Fields spec, string name, Func<Fields, T> readPort) => spec.Read(name, false, extension =>
    {
        extension.Text("group");
        extension.Text("kind");
        extension.RequiredName("name", "the endpoint picker's Service");
        extension.Word("failureMode", "FailOpen", "FailClose");
        readPort(extension);
        return true;
    });
}
