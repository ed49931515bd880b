using System.Net.Http.Json;
using System.Text.Json;
using OrleansKvRouter.EngineSim;
using OrleansKvRouter.Tests.EngineSim.Serving;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.EngineSim.Cli;

/// <summary>The program in a process of its own.</summary>
public sealed class SimCommandTests
{
    [Fact]
    public async Task Sim_TwoEngines_ServeWriteTheirPodsAndStopOnSigterm()
    {
        var folder = Directory.CreateTempSubdirectory("sim");
        try
        {
            var pods = Path.Combine(folder.FullName, "pods.yaml");
            var port = Ports.Take();
            await using var sim = Start(
                "--model", "models", "--served-model-name", EngineFixture.Model, "--host", "127.0.0.31", "--port", $"{port}", "--count", "2", "--name", "qwen3",
                "--time-scale", "0", "--write-pods", pods, "--labels", "app=qwen3,tier=\"a\"", "--namespace", "llm");
            Assert.Equal("ready", await sim.ReadLineAsync());

            using var client = new HttpClient();
            for (var i = 0; i < 2; i++)
            {
                using var response = await client.PostAsJsonAsync(
                    $"http://127.0.0.{31 + i}:{port}/v1/chat/completions",
                    new { model = EngineFixture.Model, messages = new[] { new { role = "user", content = "Hello" } } });
                Assert.Equal($"qwen3-{i}", Assert.Single(response.Headers.GetValues("x-inference-pod")));
                Assert.Equal(16, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("usage").GetProperty("completion_tokens").GetInt32());
            }

            Assert.Equal(ExpectedPods, await File.ReadAllTextAsync(pods));
            sim.Terminate();
            Assert.Equal(0, await sim.ExitAsync());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Sim_TwoRanks_AreOnePodThatServesOnTwoPorts()
    {
        var folder = Directory.CreateTempSubdirectory("sim");
        try
        {
            var pods = Path.Combine(folder.FullName, "pods.yaml");
            var port = Ports.TakeRow(2);
            await using var sim = Start(
                "--model", "models", "--host", "127.0.0.33", "--port", $"{port}", "--data-parallel-size", "2", "--time-scale", "0", "--write-pods", pods,
                "--served-model-name", EngineFixture.Model, "--event-hashes", "bytes");
            Assert.Equal("ready", await sim.ReadLineAsync());

            using var client = new HttpClient();
            for (var rank = 0; rank < 2; rank++)
            {
                using var metrics = await client.GetAsync($"http://127.0.0.33:{port + rank}/metrics");
                Assert.Contains($"vllm:num_requests_running{{engine=\"{rank}\"", await metrics.Content.ReadAsStringAsync(), StringComparison.Ordinal);
                Assert.Equal("engine-0", Assert.Single(metrics.Headers.GetValues("x-inference-pod")));
            }

            Assert.Single(File.ReadLines(pods), line => line == "kind: Pod");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Sim_RankAndSize_AreNotTakenTogether()
    {
        await using var sim = Start("--model", "models", "--data-parallel-size", "2", "--data-parallel-rank", "1");

        Assert.Equal(2, await sim.ExitAsync());

        await Eventually.TrueAsync(() => sim.Errors.Contains("--data-parallel-rank", StringComparison.Ordinal), "the option is named");
    }

    [Theory]
    [InlineData("--count", "0", "--count")]
    [InlineData("--event-hashes", "words", "--event-hashes")]
    [InlineData("--data-parallel-size", "0", "--data-parallel-size")]
    [InlineData("--labels", "qwen3", "qwen3")]
    [InlineData("--model", "no-such-model", "no-such-model")]
    [InlineData("--block-size", "0", "--block-size")]
    [InlineData("--host", "here", "--host")]
    public async Task Sim_WrongOption_ExitsWith2AndNamesIt(string option, string value, string named)
    {
        await using var sim = Start(option == "--model" ? [option, value] : ["--model", "models", option, value]);

        Assert.Equal(2, await sim.ExitAsync());

        await Eventually.TrueAsync(() => sim.Errors.Contains(named, StringComparison.Ordinal), $"{named} is named");
    }

    private const string ExpectedPods = """
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: "qwen3-0"
          namespace: "llm"
          labels:
            "app": "qwen3"
            "tier": "\u0022a\u0022"
        status:
          podIP: "127.0.0.31"
          phase: Running
          conditions:
            - type: Ready
              status: "True"
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: "qwen3-1"
          namespace: "llm"
          labels:
            "app": "qwen3"
            "tier": "\u0022a\u0022"
        status:
          podIP: "127.0.0.32"
          phase: Running
          conditions:
            - type: Ready
              status: "True"

        """;

    private static Peer Start(params string[] arguments) =>
        Peer.Start("dotnet", [typeof(EngineHost).Assembly.Location, "--models", Path.GetDirectoryName(Repository.Qwen3)!, .. arguments]);
}
