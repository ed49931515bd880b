using OrleansKvRouter.Discovery.Yaml;

namespace OrleansKvRouter.Discovery.Documents;

/// <summary>What is used of a document's <c>metadata</c>.</summary>
internal sealed record Metadata(string Namespace, string Name, string Uid, IReadOnlyDictionary<string, string> Labels, bool IsBeingDeleted)
{
    private static readonly Metadata Nameless = new("default", "", "", new Dictionary<string, string>(), false);

    /// <summary>Reads <c>metadata</c>, which holds the fields of Kubernetes' ObjectMeta and no others.</summary>
    public static Metadata Read(Fields document)
    {
        if (!document.Has("metadata")) document.Error("metadata", "missing; a name is needed");
        return document.Read("metadata", Nameless, Read);

        static Metadata Read(Fields fields)
        {
            fields.Accept("generateName", "resourceVersion", "generation", "creationTimestamp", "deletionGracePeriodSeconds", "ownerReferences", "finalizers", "managedFields", "selfLink");
            fields.TextMap("annotations");
            return new Metadata(
                Namespace: fields.Name("namespace") ?? "default",
                Name: fields.RequiredName("name", "every document needs a name") ?? "",
                Uid: fields.Text("uid") ?? "",
                Labels: fields.TextMap("labels"),
                IsBeingDeleted: fields.Text("deletionTimestamp") is not null);
        }
    }
}
