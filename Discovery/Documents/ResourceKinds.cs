using OrleansKvRouter.Discovery.Yaml;

namespace OrleansKvRouter.Discovery.Documents;

/// <summary>The kinds of documents that mean something here, and who reads each.</summary>
internal static class ResourceKinds
{
    private static readonly (string ApiVersion, string Kind, Func<Fields, DocumentScope, ResourceDocument> Read)[] Known =
    [
        ("inference.networking.k8s.io/v1", "InferencePool", PoolReader.ReadV1),
        ("inference.networking.x-k8s.io/v1alpha2", "InferencePool", PoolReader.ReadV1Alpha2),
        ("inferenceextension.alibabacloud.com/v1alpha1", "InferenceTrafficPolicy", PolicyReader.Read),
        ("v1", "Pod", PodReader.Read),
    ];

    /// <summary>
    /// Reads one document. Null, and a warning, when its kind means nothing here; null, and an error, when the kind is known
    /// but not in that API version: its fields would then be guesses.
    /// </summary>
    public static ResourceDocument? Read(string apiVersion, string kind, Fields document, DocumentScope scope)
    {
        document.Accept("apiVersion", "kind");
        var versions = Known.Where(known => known.Kind == kind).ToArray();
        if (versions.Length == 0)
        {
            var near = Known.Select(known => known.Kind).Distinct().FirstOrDefault(known => NearestName.IsNear(kind, known));
            var hint = near is null ? "" : $"; did you mean \"{near}\"?";
            scope.Warn(document.PlaceOf("kind"), "kind", $"{apiVersion} {kind} is not used here and is ignored{hint}");
            return null;
        }

        var read = versions.FirstOrDefault(known => known.ApiVersion == apiVersion).Read;
        if (read is null)
        {
            document.Error("apiVersion", $"\"{apiVersion}\" is not known for {kind}; write {string.Join(" or ", versions.Select(known => known.ApiVersion))}");
            return null;
        }

        var resource = read(document, scope);
        document.Close();
        return resource;
    }
}
