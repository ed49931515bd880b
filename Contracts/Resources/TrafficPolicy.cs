namespace OrleansKvRouter.Contracts.Resources;

/// <summary>What an InferenceTrafficPolicy says about a pool, with the defaults filled in.</summary>
public sealed record TrafficPolicy
{
    /// <summary>The policy that holds for a pool that no document refers to: route by load.</summary>
    public static TrafficPolicy Default { get; } = new();

    /// <summary>The policy's own name; null for <see cref="Default"/>.</summary>
    public string? Name { get; init; }

    public PrefixCacheMode Mode { get; init; } = PrefixCacheMode.Off;

    public TokenProcessorConfig TokenProcessor { get; init; } = new();

    public EventsConfig Events { get; init; } = new();

    public ScorerWeights Weights { get; init; } = new();

    public TrustConfig Trust { get; init; } = new();

    public AdmissionConfig Admission { get; init; } = new();

    public TierWeights TierWeights { get; init; } = new();

    public DataParallelConfig DataParallel { get; init; } = new();

    public SpeculationConfig Speculation { get; init; } = new();
}

/// <summary>Where knowledge of the engines' prefix caches comes from.</summary>
public enum PrefixCacheMode
{
    /// <summary>No policy: load alone decides.</summary>
    Off,

    /// <summary>From the engines' KV events: precise.</summary>
    Tracking,

    /// <summary>From what was routed before.</summary>
    Estimate,
}

/// <summary><c>trackingConfig.indexerConfig.tokenProcessorConfig</c>: how the engines cut and hash tokens.</summary>
public sealed record TokenProcessorConfig
{
    /// <summary>Tokens a block (the engines' <c>--block-size</c>).</summary>
    public int BlockSize { get; init; } = 16;

    /// <summary>The engines' PYTHONHASHSEED as text ("0" and "00" differ); null when unset.</summary>
    public string? HashSeed { get; init; }

    /// <summary><c>auto</c> or one of vLLM's <c>--prefix-caching-hash-algo</c> values.</summary>
    public string HashAlgorithm { get; init; } = "auto";

    /// <summary>
    /// The release whose rules form extra keys (adapters, images): <c>v0.19</c> (and later), <c>v0.11.1</c> (to v0.18), <c>v0.10</c> (to v0.11.0); or
    /// <c>auto</c>: each engine's, as its events show it.
    /// </summary>
    public string ExtraKeys { get; init; } = "auto";

    /// <summary>The base model, for example <c>Qwen/Qwen3-32B</c>; null when the document names none.</summary>
    public string? Model { get; init; }
}

/// <summary><c>trackingConfig.eventsConfig</c>: how the engines' KV events reach the router.</summary>
public sealed record EventsConfig
{
    public EventsMode Mode { get; init; } = EventsMode.Bind;

    /// <summary>In connect mode the port of the pod (plus the data-parallel rank) that publishes.</summary>
    public int Port { get; init; } = 5557;

    /// <summary>The port of the pod (plus the rank) that replays; null: no replay.</summary>
    public int? ReplayPort { get; init; }
}

public enum EventsMode
{
    /// <summary>The router's SUB socket binds and the engines connect.</summary>
    Bind,

    /// <summary>The router connects to a port of each pod.</summary>
    Connect,
}

/// <summary>How much each score weighs in the sum; scores lie in [0, 1]. Zero switches a scorer off.</summary>
public sealed record ScorerWeights
{
    public double Prefix { get; init; } = 3;
    public double QueueDepth { get; init; } = 2;
    public double KvCacheUtilization { get; init; } = 2;
    public double InFlightTokens { get; init; } = 1;
}

/// <summary>What a prefix is worth on an endpoint whose cache is not reliably known.</summary>
public sealed record TrustConfig
{
    /// <summary>The share, 0 to 1, of its matched tokens that counts while an endpoint is <c>stale</c> or <c>recovering</c>.</summary>
    public double StaleFactor { get; init; } = 0.5;
}

/// <summary>
/// What a cached token is worth by the tier it lies in, 1 being a token in the GPU's memory: fetching one from another tier
/// takes time that computing it anew would exceed. Zero makes a tier count for nothing.
/// </summary>
public sealed record TierWeights
{
    public double Gpu { get; init; } = 1;
    public double Cpu { get; init; } = 0.8;
    public double Disk { get; init; } = 0.4;
}

/// <summary><c>speculation</c>: what a prefix is worth on an endpoint that was just sent it and has not announced it yet.</summary>
public sealed record SpeculationConfig
{
    /// <summary>
    /// What a token counts, 0 to 1, of a prefix that an endpoint is expected to hold soon; less than 1, so that one that holds it
    /// is preferred. Zero switches speculation off.
    /// </summary>
    public double Weight { get; init; } = 0.9;

    /// <summary>How long a routed prefix counts without being announced, at least; at most one and a half times as long.</summary>
    public int HoldMilliseconds { get; init; } = 2000;
}

/// <summary>When a request is refused with 429 instead of being sent to an engine that cannot take it.</summary>
public sealed record AdmissionConfig
{
    /// <summary>Requests waiting on every ready endpoint from which a request is shed; null: never.</summary>
    public int? MaxQueueDepth { get; init; }
}

/// <summary><c>dataParallel</c>: the engine cores, each with a cache of its own, that stand behind one serving port.</summary>
public sealed record DataParallelConfig
{
    /// <summary>Ranks behind each target port; 1 where each port is one rank.</summary>
    public int Ranks { get; init; } = 1;

    /// <summary>Who says which rank computes a request, where there are several.</summary>
    public RankSelection SelectedBy { get; init; } = RankSelection.Router;
}

/// <summary>Who says which data-parallel rank computes a request.</summary>
public enum RankSelection
{
    /// <summary>The router, in the header <c>x-data-parallel-rank</c>, where a rank holds part of the prompt.</summary>
    Router,

    /// <summary>The engine's own balancer.</summary>
    Engine,
}
