namespace OrleansKvRouter.Contracts.Engines;

/// <summary>What an engine said of itself at its last scrape. Immutable; replaced as a whole.</summary>
/// <param name="Waiting">Requests that wait (<c>vllm:num_requests_waiting</c>).</param>
/// <param name="Running">Requests in the running batch (<c>vllm:num_requests_running</c>).</param>
/// <param name="KvCacheUsage">Share of KV blocks in use, 0 to 1 (<c>vllm:kv_cache_usage_perc</c>, before v0.10 <c>vllm:gpu_cache_usage_perc</c>).</param>
/// <param name="ScrapedAt">When; a <see cref="TimeProvider.GetTimestamp"/> value.</param>
public sealed record EngineMetrics(int Waiting, int Running, double KvCacheUsage, long ScrapedAt);
