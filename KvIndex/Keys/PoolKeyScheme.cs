namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>Where a pool's key function comes from.</summary>
public enum SchemeSource
{
    /// <summary>The policy names it.</summary>
    Policy,

    /// <summary>An engine's first root block proved it.</summary>
    Proven,

    /// <summary>Nothing has proved it yet.</summary>
    Assumed,
}

/// <summary>
/// The key function of one pool, and the means to check that an engine uses the same. Any thread may read; the
/// function changes at most once, when the first proof replaces an assumption.
/// </summary>
public sealed class PoolKeyScheme
{
    private volatile State _state;

    private PoolKeyScheme(State state) => _state = state;

    public IKeyFunction Function => _state.Function;

    public SchemeSource Source => _state.Source;

    private sealed record State(IKeyFunction Function, SchemeSource Source);
}
