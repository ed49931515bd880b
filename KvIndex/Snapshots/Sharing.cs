namespace OrleansKvRouter.KvIndex.Snapshots;

/// <summary>Who else may keep data in a folder or database.</summary>
public enum Sharing
{
    /// <summary>Nobody: a second node is refused at its start.</summary>
    Alone,

    /// <summary>The nodes of a cluster: each place is one node's at a time.</summary>
    Shared,
}
