namespace OrleansKvRouter.KvIndex.Snapshots;

/// <summary>
/// Whose snapshots a store keeps: a pool's, a slice's, an engine's. Its parts may be any text; <see cref="Text"/> has them percent-encoded and
/// with <c>/</c> between, so that it is a path below a folder as it stands, and different parts never have the same.
/// </summary>
public sealed record SnapshotPlace
{
    private SnapshotPlace(string text) => Text = text;

    public string Text { get; }

    public static SnapshotPlace Of(params string[] parts) => new(string.Join('/', parts.Select(Escape)));

    public override string ToString() => Text;

    // Names of Kubernetes objects pass unchanged; those from files may be anything, also "..".
    private static string Escape(string part) => Uri.EscapeDataString(part) is var escaped && escaped.Trim('.').Length == 0 ? "%" + escaped : escaped;
}
