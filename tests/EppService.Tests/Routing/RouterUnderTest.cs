using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.EppService.Admin;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.EppService.Routing;
using OrleansKvRouter.EppService.Sharing;
using OrleansKvRouter.EppService.Speculation;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Scheduling;
using OrleansKvRouter.Tests.EppService.Feedback;
using OrleansKvRouter.Tests.EppService.Pools;

namespace OrleansKvRouter.Tests.EppService.Routing;

/// <summary>The node's decision with nothing replaced: registry, index, Qwen3's files, scheduler. Only the engines are missing.</summary>
internal sealed class RouterUnderTest : IDisposable
{
    public const string Chat = "/v1/chat/completions";
    public const string Completion = "/v1/completions";

    private readonly RoutingInstruments _instruments = new();

    private RouterUnderTest(ModelStore models, string? fixedPool, bool logged, TimeProvider time, ulong seed, Func<PoolRegistry, IRoutingNews> newNews)
    {
        Registry = new PoolRegistry(models, new InMemoryIndexes(new IndexOptions()), Ledgers.Open, NullLogger<PoolRegistry>.Instance);
        var scheduler = new Scheduler(seed);
        var news = newNews(Registry);
        var speculation = new SpeculativeMatches(time, news);
        var prefixes = new PrefixFinder(speculation);
        Selector = new PoolSelector(Registry, fixedPool);
        var report = new DecisionReport(_instruments, Decisions, TimeProvider.System, logged ? Log : NullLogger<RequestRouter>.Instance);
        Router = new RequestRouter(Selector, prefixes, speculation, news, scheduler, report);
        Explainer = new Explainer(prefixes, news, scheduler);
    }

    public PoolRegistry Registry { get; }

    public PoolSelector Selector { get; }

    public RequestRouter Router { get; }

    public Explainer Explainer { get; }

    public DecisionLog Decisions { get; } = new();

    public Logged Log { get; } = new();

    public static async Task<RouterUnderTest> StartAsync(
        PoolSpec[] pools, string? fixedPool = null, ModelStore? models = null, bool logged = true, TimeProvider? time = null, ulong seed = 1, Func<PoolRegistry, IRoutingNews>? news = null)
    {
        var router = new RouterUnderTest(models ?? TestModels.Store, fixedPool, logged, time ?? TimeProvider.System, seed, news ?? (_ => new NoReplicas()));
        router.Registry.Apply(new ResourceSnapshot(pools));
        foreach (var pool in router.Registry.Pools)
        {
            if (pool.Tracking.Try(out var tracking, out _)) await tracking.Model.Loading;
        }

        return router;
    }

    /// <summary>One pool, <c>qwen</c>, of pods a, b, c … at 10.0.0.1, 10.0.0.2, ….</summary>
    public static Task<RouterUnderTest> StartAsync(int pods = 3, TrafficPolicy? policy = null) =>
        StartAsync([Specs.Pool("qwen", policy ?? Specs.Tracking(), Pods(pods))]);

    public static EndpointSpec[] Pods(int count) => [.. Enumerable.Range(0, count).Select(i => Specs.Pod($"{(char)('a' + i)}", $"10.0.0.{i + 1}"))];

    public async Task<PickOutcome> PickAsync(string? body, string path = Completion, string[]? subset = null, string id = "req-1") =>
        await Router.PickAsync(new PickRequest { RequestId = id, Path = path, Body = body is null ? default(ReadOnlyMemory<byte>?) : Encoding.UTF8.GetBytes(body), Subset = subset }, default);

    /// <summary>Picks and lets go at once; the picked address.</summary>
    public async Task<string> DestinationAsync(string? body, string path = Completion, string[]? subset = null)
    {
        var outcome = await PickAsync(body, path, subset);
        if (outcome is not PickOutcome.Picked(var destination, var lease)) throw new InvalidOperationException(outcome.ToString());
        lease.Dispose();
        return destination;
    }

    public async Task<PickOutcome.Refused> RefusedAsync(string? body, string path = Completion, string[]? subset = null) =>
        Assert.IsType<PickOutcome.Refused>(await PickAsync(body, path, subset));

    /// <summary>Tokens predicted to be cached at the last pick.</summary>
    public int LastMatched => Decisions.Recent(1)[0].MatchedTokens;

    public EndpointRuntime Endpoint(int pod, int pool = 0) => Registry.Pools[pool].View.Endpoints[pod];

    /// <summary>The engine computed these tokens and keeps all their full blocks.</summary>
    public void Hold(int pod, IEnumerable<uint> tokens, KeyExtras extras = default, int pool = 0)
    {
        Registry.Pools[pool].Tracking.Try(out var tracking, out _);
        uint[] ids = [.. tokens];
        var keys = new BlockKey[ids.Length / tracking!.BlockSize];
        tracking.Scheme.Function.ComputeKeys(ids, tracking.BlockSize, extras, keys);
        tracking.Index.Store(Endpoint(pod, pool).Candidate.Holder, null, keys);
    }

    /// <summary>The ids that a request's prompts come to.</summary>
    public async Task<uint[]> TokensAsync(string body, string path)
    {
        var outcome = await Explainer.ExplainAsync(Registry.Pools[0], path, Encoding.UTF8.GetBytes(body), withTokens: true, default);
        return [.. Assert.IsType<ExplainOutcome.Explained>(outcome).Result.TokenIds!];
    }

    public static uint[] Ids(int count, uint first = 100) => [.. Enumerable.Range(0, count).Select(i => first + (uint)i)];

    public static string IdsBody(IEnumerable<uint> ids, string more = "") => $$"""{"model":"Qwen3-32B","prompt":[{{string.Join(',', ids)}}]{{more}}}""";

    public void Dispose() => _instruments.Dispose();
}

/// <summary>Keeps what was logged.</summary>
internal sealed class Logged : ILogger<RequestRouter>
{
    public ConcurrentQueue<(LogLevel Level, string Text)> Lines { get; } = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue((logLevel, formatter(state, exception)));
}
