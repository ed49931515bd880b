using OrleansKvRouter.EppService.Pools;

namespace OrleansKvRouter.EppService.Node;

/// <summary>
/// Whether the node can route. At the start it waits until the models of its pools are loaded (or found unloadable) and it is
/// warmed up, and for whatever else is a <see cref="IStartCondition"/>. From then on it stays ready until it stops: a pool that an edit adds is routed by load while its
/// model loads, because one new pool is no reason to take all the others away from Envoy.
/// </summary>
internal sealed class Readiness(PoolRegistry registry, IEnumerable<IStartCondition> conditions)
{
    private volatile bool _warm;
    private volatile bool _stopping;

    public bool IsReady => _warm && !_stopping;

    /// <summary>Why the node is not ready, one reason each; empty when it is.</summary>
    public IReadOnlyList<string> Reasons
    {
        get
        {
            if (IsReady) return [];
            if (_stopping) return ["the node is stopping"];
            string[] lacking = [.. Loading().Select(model => $"model {model.Name} is being loaded"), .. conditions.Select(condition => condition.Lacking).OfType<string>()];
            return lacking.Length == 0 ? ["the node is starting"] : lacking;
        }
    }

    public void WarmedUp() => _warm = true;

    public void Stopping() => _stopping = true;

    /// <summary>Ends when the models that the pools have now are loaded.</summary>
    public Task ModelsLoadedAsync() => Task.WhenAll(Loading().Select(model => model.Loading));

    /// <summary>Ends when all that the node waits for beside models is there.</summary>
    public Task ConditionsMetAsync() => Task.WhenAll(conditions.Select(condition => condition.MetAsync()));

    private List<ModelHandle> Loading()
    {
        List<ModelHandle> loading = [];
        foreach (var pool in registry.Pools)
        {
            if (pool.Tracking.Try(out var tracking, out _) && !tracking.Model.Loading.IsCompleted) loading.Add(tracking.Model);
        }

        return loading;
    }
}
