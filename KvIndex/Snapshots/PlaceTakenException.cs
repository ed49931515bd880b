namespace OrleansKvRouter.KvIndex.Snapshots;

/// <summary>A place of snapshots that another process has, or has taken over since; the message names both where that can be known.</summary>
public sealed class PlaceTakenException(string message) : IOException(message);
