using System.Globalization;
using System.Text;
using OrleansKvRouter.EngineSim.Running;

namespace OrleansKvRouter.EngineSim.Serving;

/// <summary>The engine's <c>/metrics</c>: vLLM's names, in Prometheus' text form.</summary>
internal sealed class MetricsText(Engine engine)
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();
    private readonly string _labels = $"engine=\"{engine.Options.Rank}\",model_name=\"{Escape(engine.Options.ServedModel)}\"";

    public string Write()
    {
        var statistics = engine.Loop.Statistics;
        Single("num_requests_running", "gauge", "Number of requests in model execution batches.", statistics.Running);
        Single("num_requests_waiting", "gauge", "Number of requests waiting to be processed.", statistics.Waiting);
        Single("kv_cache_usage_perc", "gauge", "KV-cache usage. 1 means 100 percent usage.", statistics.CacheUsage);
        Single("prefix_cache_queries_total", "counter", "Prefix cache queries, in terms of number of queried tokens.", statistics.PrefixQueries);
        Single("prefix_cache_hits_total", "counter", "Prefix cache hits, in terms of number of cached tokens.", statistics.PrefixHits);
        Single("prompt_tokens_total", "counter", "Number of prefill tokens processed.", statistics.PromptTokens);
        Single("generation_tokens_total", "counter", "Number of generation tokens processed.", statistics.GenerationTokens);
        Single("num_preemptions_total", "counter", "Cumulative number of preemptions from the engine.", statistics.Preemptions);
        Distribution("time_to_first_token_seconds", "Histogram of time to first token in seconds.", engine.Loop.Latencies.FirstToken);
        Distribution("e2e_request_latency_seconds", "Histogram of end to end request latency in seconds.", engine.Loop.Latencies.EndToEnd);
        CacheConfig();
        return _text.ToString();
    }

    private void Single(string name, string type, string help, double value)
    {
        Head(name, type, help);
        _text.Append(CultureInfo.InvariantCulture, $"vllm:{name}{{{_labels}}} {value}\n");
    }

    private void Distribution(string name, string help, Histogram histogram)
    {
        Head(name, "histogram", help);
        var (buckets, sum) = histogram.Read();
        foreach (var (bound, count) in buckets)
        {
            var le = double.IsPositiveInfinity(bound) ? "+Inf" : bound.ToString("0.0###", CultureInfo.InvariantCulture);
            _text.Append(CultureInfo.InvariantCulture, $"vllm:{name}_bucket{{{_labels},le=\"{le}\"}} {count}\n");
        }

        _text.Append(CultureInfo.InvariantCulture, $"vllm:{name}_count{{{_labels}}} {buckets[^1].Count}\n");
        _text.Append(CultureInfo.InvariantCulture, $"vllm:{name}_sum{{{_labels}}} {sum}\n");
    }

    private void CacheConfig()
    {
        Head("cache_config_info", "gauge", "Information of the LLMEngine CacheConfig");
        _text.Append(
            CultureInfo.InvariantCulture,
            $"vllm:cache_config_info{{block_size=\"{engine.Options.BlockSize}\",enable_prefix_caching=\"True\",engine=\"{engine.Options.Rank}\",num_gpu_blocks=\"{engine.Options.Blocks}\",prefix_caching_hash_algo=\"{engine.Options.HashAlgorithm}\"}} 1\n");
    }

    private void Head(string name, string type, string help) => _text.Append(CultureInfo.InvariantCulture, $"# HELP vllm:{name} {help}\n# TYPE vllm:{name} {type}\n");

    private static string Escape(string label) =>
        label.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
