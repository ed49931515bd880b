namespace OrleansKvRouter.KvEvents.Snapshots;

/// <summary>What tells an endpoint from another that came in its place.</summary>
/// <param name="Endpoint">The pod's <c>namespace/name</c>.</param>
/// <param name="Uid">The pod's uid; empty where there is none.</param>
/// <param name="Address"><c>ip:port</c>.</param>
public sealed record EngineIdentity(string Endpoint, string Uid, string Address);
