namespace OrleansKvRouter.EngineSim.Events;

/// <summary>
/// How an engine announces its cache. In <see cref="Endpoint"/>, <see cref="ReplayEndpoint"/> and <see cref="Topic"/>
/// <c>{ip}</c> stands for the engine's host, <c>{name}</c> for its name and <c>{model}</c> for its served model.
/// </summary>
public sealed record EventOptions
{
    /// <summary>
    /// Where the PUB socket goes, by vLLM's rule: bound if the address contains <c>*</c> or <c>::</c> or is ipc or inproc,
    /// connected otherwise. The engine's rank is added to its port. <c>*</c> means the engine's own host, so that several engines on one machine can bind one port.
    /// </summary>
    public string Endpoint { get; init; } = "tcp://127.0.0.1:5557";

    public string Topic { get; init; } = "kv@{ip}@{model}";

    /// <summary>Where the replay socket is bound; null for none.</summary>
    public string? ReplayEndpoint { get; init; }

    /// <summary>Batches kept for replay.</summary>
    public int BufferSteps { get; init; } = 10_000;

    /// <summary>The vLLM release whose event form is played, from v0.10.0 on.</summary>
    public string Schema { get; init; } = EventSchema.Newest;

    /// <summary>How blocks are named: <c>integers</c>, or from v0.10.2 on <c>bytes</c>.</summary>
    public string Hashes { get; init; } = "integers";
}
