using System.Text;
using OrleansKvRouter.Contracts.Engines;
using OrleansKvRouter.Discovery.Metrics;

namespace OrleansKvRouter.Tests.Discovery.Metrics;

public sealed class EngineMetricsReaderTests
{
    private const string Page = """
        # HELP vllm:num_requests_running Number of requests in model execution batches.
        # TYPE vllm:num_requests_running gauge
        vllm:num_requests_running{engine="0",model_name="Qwen3-32B"} 3.0
        # TYPE vllm:num_requests_waiting gauge
        vllm:num_requests_waiting{engine="0",model_name="Qwen3-32B"} 7.0
        vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 999.0
        vllm:kv_cache_usage_perc{engine="0",model_name="Qwen3-32B"} 0.25
        vllm:e2e_request_latency_seconds_bucket{engine="0",le="0.3",model_name="Qwen3-32B"} 12.0
        """;

    private static EngineMetrics? Read(string page, int? rank = null, int pieceBytes = int.MaxValue)
    {
        var reader = new EngineMetricsReader(rank);
        var bytes = Encoding.UTF8.GetBytes(page);
        var kept = 0;
        for (var at = 0; at < bytes.Length;)
        {
            var next = (int)Math.Min((long)at + pieceBytes, bytes.Length);
            kept = reader.Read(bytes.AsSpan((at - kept)..next));
            at = next;
        }

        reader.ReadLine(bytes.AsSpan(bytes.Length - kept));
        return reader.Finish(5);
    }

    [Fact]
    public void Finish_VllmPage_HasItsGauges() => Assert.Equal(new EngineMetrics(7, 3, 0.25, 5), Read(Page));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public void Finish_PageInPieces_IsTheSame(int pieceBytes) => Assert.Equal(new EngineMetrics(7, 3, 0.25, 5), Read(Page, pieceBytes: pieceBytes));

    [Theory]
    [InlineData("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc")]
    [InlineData("{engine=\"0\",model_name=\"Qwen3-32B\"}", "")]
    [InlineData("{engine=\"0\",model_name=\"Qwen3-32B\"}", "{ engine = \"0\" , model_name=\"a } \\\"b\\\\\" }")]
    [InlineData(" 7.0", "\t7 1760000000000")]
    [InlineData("\n", "\r\n")]
    [InlineData(" 7.0", " 0.7e1")]
    public void Finish_AnotherSpelling_IsTheSame(string part, string replacement) =>
        Assert.Equal(new EngineMetrics(7, 3, 0.25, 5), Read(Page.Replace(part, replacement, StringComparison.Ordinal)));

    [Fact]
    public void Finish_BothUsageNames_PrefersTheNewer() =>
        Assert.Equal(0.25, Read("vllm:gpu_cache_usage_perc 0.75\n" + Page + "\nvllm:gpu_cache_usage_perc 0.75")!.KvCacheUsage);

    private const string TwoEngines = """
        vllm:num_requests_running{engine="0",model_name="m"} 1
        vllm:num_requests_running{engine="1",model_name="m"} 2
        vllm:num_requests_waiting{engine="0",model_name="m"} 10
        vllm:num_requests_waiting{engine="1",model_name="m"} 20
        vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.5
        vllm:kv_cache_usage_perc{engine="1",model_name="m"} 1.0

        """;

    [Fact]
    public void Finish_SeveralEngines_AddsRequestsAndAveragesUsage() => Assert.Equal(new EngineMetrics(30, 3, 0.75, 5), Read(TwoEngines));

    [Theory]
    [InlineData(1, 20, 2, 1.0)]
    [InlineData(0, 10, 1, 0.5)]
    [InlineData(2, 30, 3, 0.75)]
    public void Finish_EndpointOfOneRank_TakesItsOwnWhenListed(int rank, int waiting, int running, double usage) =>
        Assert.Equal(new EngineMetrics(waiting, running, usage, 5), Read(TwoEngines, rank));

    [Theory]
    [InlineData("")]
    [InlineData("<html>not metrics</html>")]
    [InlineData("vllm:num_requests_running 1\nvllm:num_requests_waiting 1\n")]
    [InlineData("vllm:num_requests_running NaN\nvllm:num_requests_waiting 1\nvllm:kv_cache_usage_perc 0\n")]
    [InlineData("vllm:num_requests_running -1\nvllm:num_requests_waiting 1\nvllm:kv_cache_usage_perc 0\n")]
    [InlineData("vllm:num_requests_running +Inf\nvllm:num_requests_waiting 1\nvllm:kv_cache_usage_perc 0\n")]
    [InlineData("vllm:num_requests_running{a=\"b 1\nvllm:num_requests_waiting 1\nvllm:kv_cache_usage_perc 0\n")]
    [InlineData("vllm:num_requests_running 1x\nvllm:num_requests_waiting 1\nvllm:kv_cache_usage_perc 0\n")]
    public void Finish_NotAllGauges_IsUnknown(string page) => Assert.Null(Read(page));

    [Fact]
    public void Read_RandomBytes_NeverThrows()
    {
        var random = new Random(3);
        var bytes = Encoding.UTF8.GetBytes(Page + "\n" + TwoEngines);
        for (var round = 0; round < 5000; round++)
        {
            var page = bytes.ToArray();
            for (var edits = 0; edits < 8; edits++) page[random.Next(page.Length)] = (byte)random.Next(256);
            var reader = new EngineMetricsReader(random.Next(2));
            reader.ReadLine(page.AsSpan(page.Length - reader.Read(page)));
            reader.Finish(0);
        }
    }

    [Fact]
    public void Read_LongPage_AllocatesNothing()
    {
        var page = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Page + "\n", 500)));
        var reader = new EngineMetricsReader(0);

        Assert.Equal(0, Allocations.Least(() => reader.Read(page)));
    }
}
