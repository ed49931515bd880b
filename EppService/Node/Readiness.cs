using OrleansKvRouter.EppService.Pools;

namespace OrleansKvRouter.EppService.Node;

/// <summary>Whether the node can decide now: started and warmed up, not stopping, and every pool's model loaded or found unloadable.</summary>
internal sealed class Readiness(PoolRegistry registry)
{
    private volatile bool _warm;
    private volatile bool _stopping;

    public bool IsReady => _warm && !_stopping && Loading().Count == 0;

    /// <summary>Why the node is not ready, one reason each; empty when it is.</summary>
    public IReadOnlyList<string> Reasons =>
        _stopping ? ["the node is stopping"]
        : !_warm ? ["the node is starting"]
        : [.. Loading().Select(model => $"model {model.Name} is being loaded")];

    public void WarmedUp() => _warm = true;

    public void Stopping() => _stopping = true;

    /// <summary>Ends when the models that the pools have now are loaded.</summary>
    public Task ModelsLoadedAsync() => Task.WhenAll(Loading().Select(model => model.Loading));

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
