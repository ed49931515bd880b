using System.Globalization;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Snapshots;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.KvIndex.Snapshots.Records;
using OrleansKvRouter.Scheduling.Model;

namespace OrleansKvRouter.EppService.Pools;

/// <summary>
/// One pool at work. The registry is the only writer (<see cref="Update"/>, <see cref="Retire()"/>); any thread reads the
/// immutable <see cref="View"/> that it publishes.
/// </summary>
internal sealed class PoolRuntime
{
    private static readonly HolderId NoHolder = new(-1);
    private readonly IPoolIndexes _indexes;
    private readonly Func<FeedTarget, PredictionLedger> _newLedger;
    private volatile PoolView _view;
    private volatile bool _retired;

    private PoolRuntime(PoolSpec spec, Expected<PrefixTracking> tracking, ServedNames served, IPoolIndexes indexes, Func<FeedTarget, PredictionLedger> newLedger)
    {
        (Tracking, Served, _indexes, _newLedger) = (tracking, served, indexes, newLedger);
        _view = new PoolView(spec, [], []);
    }

    /// <summary>The pool, its policy and its endpoints at one moment.</summary>
    public PoolView View => _view;

    public string Name => _view.Spec.Name;

    /// <summary>Whether the pool is gone or replaced, or about to be: what is said of its engines is no longer complete.</summary>
    public bool Retired => _retired;

    /// <summary>What makes the pool precise, or why it routes by load alone.</summary>
    public Expected<PrefixTracking> Tracking { get; }

    /// <summary>What its engines say they serve. A pool that replaces another takes it over, since the engines are the same.</summary>
    public ServedNames Served { get; }

    /// <summary>Whether the pool's requests must be read, because their prefix decides.</summary>
    public bool IsPrecise => Tracking.Try(out _, out _);

    /// <summary>Why load alone decides at this moment; null when cached prefixes count.</summary>
    public Fault? ByLoad =>
        !Tracking.Try(out var tracking, out var untracked) ? untracked
        : !tracking.Model.Assets.Try(out _, out var noModel) ? noModel
        : null;

    public static PoolRuntime Start(
        PoolSpec spec, ModelStore models, IPoolIndexes indexes, Func<FeedTarget, PredictionLedger> newLedger, PoolRuntime? predecessor)
    {
        var pool = new PoolRuntime(spec, Track(spec, models, indexes), predecessor?.Served ?? new ServedNames(), indexes, newLedger);
        pool.Update(spec, predecessor);
        return pool;
    }

    /// <summary>Whether the pool can take over this spec, or what is tracked and under which keys would become something else.</summary>
    public bool CanBecome(PoolSpec spec)
    {
        var (now, next) = (View.Spec.Policy, spec.Policy);
        return next.Mode == now.Mode && next.TokenProcessor == now.TokenProcessor && next.Events == now.Events && next.DataParallel.Ranks == now.DataParallel.Ranks;
    }

    public void Update(PoolSpec spec, PoolRuntime? predecessor = null)
    {
        var known = View.Endpoints.ToDictionary(endpoint => EndpointRuntime.IdentityOf(endpoint.Spec));
        var inherited = predecessor?.View.Endpoints.ToDictionary(endpoint => EndpointRuntime.IdentityOf(endpoint.Spec));
        var endpoints = new EndpointRuntime[spec.Endpoints.Count];
        for (var i = 0; i < endpoints.Length; i++)
        {
            var endpoint = spec.Endpoints[i];
            var identity = EndpointRuntime.IdentityOf(endpoint);
            endpoints[i] = known.Remove(identity, out var same)
                ? same with { Candidate = same.Candidate with { Endpoint = endpoint } }
                : Join(spec, endpoint, inherited?.GetValueOrDefault(identity)?.Candidate.Load);
        }

        _view = new PoolView(spec, endpoints, Array.ConvertAll(endpoints, endpoint => endpoint.Candidate));
        foreach (var gone in known.Values) Retire(gone);
        Served.KeepOnly(spec.Endpoints.Select(endpoint => endpoint.Address).ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>Where the engines' events go, of all ranks.</summary>
    public IReadOnlyCollection<FeedTarget> Feeds => [.. View.Endpoints.SelectMany(endpoint => endpoint.Ranks?.All ?? []).Select(rank => rank.Feed)];

    /// <summary>The rank that an engine of a snapshot is now; null where its pod is gone, or another is in its place.</summary>
    public FeedTarget? Resume(EngineRecord engine) =>
        View.Endpoints.FirstOrDefault(endpoint => ($"{endpoint.Spec.Namespace}/{endpoint.Spec.Name}", endpoint.Spec.Uid, endpoint.Spec.Address) == (engine.Endpoint, engine.Uid, engine.Address))
            ?.Ranks?.FeedOf(engine.Rank);

    /// <summary>The pool is gone or replaced: its engines' events no longer belong to it, and its index is given up. Requests that are still under way find nothing there.</summary>
    public void Retire()
    {
        _retired = true;
        foreach (var endpoint in View.Endpoints) Retire(endpoint);
        if (Tracking.Try(out var tracking, out _)) _indexes.Close(tracking.Index);
    }

    /// <summary>
    /// Whether requests for <paramref name="model"/> want the base model. Its names are the policy's <c>model</c>, that
    /// name's last segment, and the names under which engines were heard to serve it.
    /// </summary>
    public bool IsBaseModel(string model) =>
        View.Spec.Policy.TokenProcessor.Model is { } name && (model == name || model.AsSpan().SequenceEqual(LastSegment(name)))
        || Served.Base.Contains(model);

    /// <summary>Whether the pool has the model, as its base or as an adapter that an engine lists.</summary>
    public bool Serves(string model) => IsBaseModel(model) || Served.Adapters.Contains(model);

    /// <summary>The names under which the base model can be asked for.</summary>
    public IEnumerable<string> ModelNames =>
        (View.Spec.Policy.TokenProcessor.Model is { } name ? new[] { name, LastSegment(name).ToString() } : []).Concat(Served.Base).Distinct(StringComparer.Ordinal);

    private static void Retire(EndpointRuntime endpoint) => endpoint.Ranks?.Retire();

    private static ReadOnlySpan<char> LastSegment(string model) => model.AsSpan(model.LastIndexOf('/') + 1);

    private static Expected<PrefixTracking> Track(PoolSpec spec, ModelStore models, IPoolIndexes indexes)
    {
        var policy = spec.Policy;
        var tokens = policy.TokenProcessor;
        if (policy.Mode == PrefixCacheMode.Off) return new Fault("no InferenceTrafficPolicy refers to the pool, so load alone decides");
        if (policy.Mode == PrefixCacheMode.Estimate) return new Fault("prefixCache.mode estimate is not available yet, so load alone decides", "set mode: tracking");
        if (tokens.Model is null) return new Fault("the policy's tokenProcessorConfig names no model, so load alone decides", "set model");
        if (!PoolKeyScheme.Create(tokens.HashAlgorithm, tokens.HashSeed).Try(out var scheme, out var fault)) return fault;
        return new PrefixTracking(scheme, tokens.BlockSize, indexes.Open(spec, scheme), models.Open(tokens.Model));
    }

    private EndpointRuntime Join(PoolSpec spec, EndpointSpec endpoint, EndpointLoad? inheritedLoad)
    {
        var load = inheritedLoad ?? new EndpointLoad();
        if (!Tracking.Try(out var tracking, out _)) return new EndpointRuntime(new Candidate(endpoint, NoHolder, load), null) { SharedName = NameOf(spec, endpoint) };
        var (first, count) = (endpoint.Rank * spec.Policy.DataParallel.Ranks, spec.Policy.DataParallel.Ranks);
        var ranks = new EndpointRanks(first, count, number => OpenRank(spec, endpoint, tracking, number, isOnly: count == 1 && number == first), tracking.Routed.Remove);
        return new EndpointRuntime(new Candidate(endpoint, ranks.All[0].Feed.Holder, load), ranks) { SharedName = NameOf(spec, endpoint) };
    }

    private static string NameOf(PoolSpec spec, EndpointSpec endpoint) =>
        $"{spec.Namespace}/{spec.Name} {endpoint.Namespace}/{endpoint.Name} {endpoint.Uid} {endpoint.Address}";

    private EngineRank OpenRank(PoolSpec spec, EndpointSpec endpoint, PrefixTracking tracking, int number, bool isOnly)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{endpoint.Namespace}/{endpoint.Name}{(isOnly ? "" : $" rank {number}")}");
        var engine = string.Create(CultureInfo.InvariantCulture, $"{NameOf(spec, endpoint)} {number}");
        var events = spec.Policy.Events;
        var holder = tracking.Index.AddHolder(new HolderName(engine, nameof(Tier.Gpu)));
        var feed = new FeedTarget(spec.Name, name, tracking.Index, holder, tracking.Scheme, tracking.BlockSize)
        {
            EngineName = engine,
            Identity = new EngineIdentity($"{endpoint.Namespace}/{endpoint.Name}", endpoint.Uid, endpoint.Address),
            Sockets = new EngineSockets(endpoint.Ip, number, events.Mode == EventsMode.Connect ? events.Port : null, events.ReplayPort),
        };
        return new EngineRank(number, feed, _newLedger(feed), new EndpointLoad());
    }
}

/// <summary>A pool at one moment; <paramref name="Candidates"/> are the endpoints' candidates in the same order.</summary>
internal sealed record PoolView(PoolSpec Spec, IReadOnlyList<EndpointRuntime> Endpoints, Candidate[] Candidates);
