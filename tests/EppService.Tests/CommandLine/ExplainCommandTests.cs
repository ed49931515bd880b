using System.Text.Json;
using OrleansKvRouter.Tests.EppService.Pools;
using static OrleansKvRouter.Tests.EppService.CommandLine.RouterProgram;

namespace OrleansKvRouter.Tests.EppService.CommandLine;

/// <summary><c>explain</c> by itself and through a running node.</summary>
[Collection(ProgramCollection.Name)]
public sealed class ExplainCommandTests : IAsyncLifetime
{
    private const string Request = """{"model":"Qwen3-32B","prompt":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}""";
    private readonly RouterProgram _program = RouterProgram.Create();

    [Fact]
    public async Task Explain_Offline_PrintsTheKeysOfTheRequest()
    {
        var answer = await ExplainAsync("-f", Resources(), "--models", TestModels.Folder, "--path", "/v1/completions", "--tokens", "--pool", "qwen");
        Assert.Equal("qwen", answer.GetProperty("pool").GetString());
        Assert.Equal(17, answer.GetProperty("tokenIds").GetArrayLength());
        Assert.Equal(await OracleAsync(), Assert.Single(answer.GetProperty("blockKeys").EnumerateArray()).GetString());
        Assert.Equal("127.0.0.11:8000", answer.GetProperty("picked").GetString());
    }

    [Fact]
    public async Task Explain_OfflineWithoutAPoolAmongSeveral_TheRequestsModelChooses()
    {
        var other = PoolAndPolicy.Replace("name: qwen", "name: llama", StringComparison.Ordinal).Replace("app: qwen3", "app: llama", StringComparison.Ordinal).Replace("Qwen/Qwen3-32B", "meta/Llama-3", StringComparison.Ordinal);
        var answer = await ExplainAsync("-f", Resources($"---\n{other}"), "--models", TestModels.Folder, "--path", "/v1/completions");
        Assert.Equal("qwen", answer.GetProperty("pool").GetString());
    }

    [Theory]
    [InlineData("qwen")]
    [InlineData("default/qwen")]
    public async Task Explain_ThroughARunningNode_PrintsItsAnswer(string pool)
    {
        await using var node = RouterProgram.Create();
        await node.ServeReadyAsync(PoolAndPolicy + Pod("a", "127.0.0.11"));
        var answer = await ExplainAsync("--node", node.Admin, "--pool", pool, "--path", "/v1/completions");
        Assert.Equal(await OracleAsync(), Assert.Single(answer.GetProperty("blockKeys").EnumerateArray()).GetString());
        Assert.False(answer.TryGetProperty("tokenIds", out _));
    }

    [Fact]
    public async Task Explain_NodeRefuses_ItsReasonIsPrinted()
    {
        await using var node = RouterProgram.Create();
        await node.ServeReadyAsync(PoolAndPolicy, models: false);
        Assert.Contains("no pool \"other\"", await FailAsync("--node", node.Admin, "--pool", "other"), StringComparison.Ordinal);
        Assert.Contains("--models", await FailAsync("--node", node.Admin, "--pool", "qwen", "--path", "/v1/completions"), StringComparison.Ordinal);
        // The gateway answers JSON too, but is no admin listener.
        Assert.Contains("answered 503", await FailAsync("--node", node.Gateway, "--pool", "qwen"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_WhatCannotWork_IsStatus2AndSaysWhy()
    {
        Assert.Contains("--node needs --pool", await FailAsync("--node", "127.0.0.1:1"), StringComparison.Ordinal);
        Assert.Contains("does not answer", await FailAsync("--node", $"127.0.0.1:{Ports.Take()}", "--pool", "qwen"), StringComparison.Ordinal);
        Assert.Contains("does not answer", await FailAsync("--node", "no address", "--pool", "qwen"), StringComparison.Ordinal);
        Assert.Contains("there is no pool other", await FailAsync("-f", Resources(), "--pool", "other"), StringComparison.Ordinal);
        Assert.Contains("--models", await FailAsync("-f", Resources(), "--pool", "qwen"), StringComparison.Ordinal);
        Assert.Contains("messages", await FailAsync("-f", Resources(), "--models", TestModels.Folder), StringComparison.Ordinal);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _program.DisposeAsync();

    private string Resources(string more = "") => _program.Write("resources.yaml", PoolAndPolicy + Pod("a", "127.0.0.11") + more);

    private async Task<JsonElement> ExplainAsync(params string[] arguments)
    {
        _program.Start(["explain", _program.Write("request.json", Request), .. arguments]);
        var status = await _program.ExitAsync();
        Assert.True(status == 0, _program.Process.Errors);
        var text = "";
        while (text.Length == 0 || text[^1] != '}' || !IsJson(text)) text += await _program.Process.ReadLineAsync();
        return JsonDocument.Parse(text).RootElement;
    }

    private async Task<string> FailAsync(params string[] arguments)
    {
        _program.Start(["explain", _program.Write("request.json", Request), .. arguments]);
        Assert.Equal(2, await _program.ExitAsync());
        Assert.Contains("kvrouter explain: ", _program.Process.Errors, StringComparison.Ordinal);
        return _program.Process.Errors;
    }

    private static bool IsJson(string text)
    {
        try
        {
            JsonDocument.Parse(text).Dispose();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static async Task<string> OracleAsync()
    {
        await using var oracle = Peer.Python(
            Path.Combine(Repository.Oracles, "vllm_hash.py"),
            ["hash", "--algo", "sha256_cbor_64bit", "--seed", "42", "--block-size", "16", .. Enumerable.Range(1, 17).Select(id => $"{id}")]);
        using var line = JsonDocument.Parse(await oracle.ReadLineAsync());
        return line.RootElement.GetProperty("wire").GetUInt64().ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
