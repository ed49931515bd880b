using OrleansKvRouter.EppService.Listeners;

namespace OrleansKvRouter.EppService.Gateway;

/// <summary>Limits of the gateway.</summary>
internal sealed record GatewayOptions
{
    /// <summary>The longest body it takes, in bytes; a longer one gets 413.</summary>
    public int MaxBodyBytes { get; init; } = BoundedBody.DefaultMaxBytes;

    /// <summary>How long an engine may take to accept a connection before the next endpoint is tried.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an engine may be silent: a long queue and a long prefill come before the first byte.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromMinutes(30);
}
