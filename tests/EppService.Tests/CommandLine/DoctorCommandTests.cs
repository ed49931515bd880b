using System.Text.Json;
using OrleansKvRouter.EppService.CommandLine;
using OrleansKvRouter.EppService.Doctor;
using OrleansKvRouter.Tests.EppService.Admin;
using OrleansKvRouter.Tests.EppService.Pools;
using static OrleansKvRouter.Tests.EppService.CommandLine.RouterProgram;

namespace OrleansKvRouter.Tests.EppService.CommandLine;

/// <summary><c>doctor</c> against a scripted node and against a real one.</summary>
[Collection(ProgramCollection.Name)]
public sealed class DoctorCommandTests
{
    [Fact]
    public async Task Examine_ScriptedNode_ListsEndpointsWithTheirRates()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        var endpoint = ScriptedNode.Endpoint("vllm-0", "127.0.0.11:8000");
        admin.Node.Pools = [ScriptedNode.Pool("qwen", endpoint)];
        admin.Node.LaterPools = [ScriptedNode.Pool("qwen", endpoint with { Batches = endpoint.Batches + 30 })];

        var examined = await DoctorCommand.ExamineAsync(new Uri(admin.Url), TimeSpan.FromSeconds(1), default);

        Assert.True(examined.Try(out var examination, out var fault), fault?.ToString());
        var report = DoctorReport.Of(examination);

        Assert.True(report.Healthy, report.ToText());
        var line = Assert.Single(report.Endpoints);
        // 30 batches in a second, or in as many as a busy machine made of it.
        Assert.InRange(line.BatchesPerSecond, 0.01, 40);
        Assert.Equal(0.99, line.Accuracy);
        Assert.Equal(("qwen", "sha256_cbor_64bit", 64, "exact"), (line.Pool, line.Scheme, line.BlockSize, line.Trust));
        Assert.Equal(("vLLM v0.24 on", "integers"), (line.Era, line.Hashes));
        Assert.Contains("vllm-0    127.0.0.11:8000  exact", report.ToText(), StringComparison.Ordinal);
        Assert.Contains("vLLM v0.24 on, integers", report.ToText(), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(report.ToJson());
        Assert.True(json.RootElement.GetProperty("healthy").GetBoolean());
        Assert.Equal("vllm-0", json.RootElement.GetProperty("endpoints")[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task Doctor_RunningNodeWithASilentEngine_IsStatus1AndNamesTheTopic()
    {
        await using var node = RouterProgram.Create();
        await node.ServeReadyAsync(PoolAndPolicy + Pod("a", "127.0.0.11"));

        var (status, output, _) = await RunAsync("--node", node.Admin, "--json");

        Assert.Equal(ExitStatus.Failed, status);
        using var json = JsonDocument.Parse(output);
        Assert.False(json.RootElement.GetProperty("healthy").GetBoolean());
        Assert.Contains(json.RootElement.GetProperty("findings").EnumerateArray(), finding =>
            finding.GetProperty("mend").GetString()!.Contains($"\"endpoint\":\"{node.Events}\",\"topic\":\"kv@127.0.0.11:8000@Qwen/Qwen3-32B\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Doctor_HealthyNode_IsStatus0()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        admin.Node.Pools = [ScriptedNode.Pool("qwen", ScriptedNode.Endpoint("vllm-0", "127.0.0.11:8000"))];

        var (status, output, _) = await RunAsync("--node", new Uri(admin.Url).Authority);

        Assert.Equal(ExitStatus.Ok, status);
        Assert.EndsWith("healthy\n", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ExitStatus.BadInput, "--nod", "127.0.0.1:9090")]
    [InlineData(ExitStatus.BadInput, "--node", "no address")]
    [InlineData(ExitStatus.Failed, "--node", "127.0.0.1:1")]
    public async Task Doctor_WhatCannotWork_SaysWhy(int expected, params string[] arguments)
    {
        var (status, _, errors) = await RunAsync(arguments);

        Assert.Equal(expected, status);
        Assert.NotEmpty(errors);
    }

    private static async Task<(int Status, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var doctor = RouterProgram.Create();
        doctor.Start(["doctor", .. arguments]);
        var status = await doctor.ExitAsync();
        return (status, await doctor.Process.ReadToEndAsync(), doctor.Process.Errors.Trim());
    }
}
