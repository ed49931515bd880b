using System.Text;
using OrleansKvRouter.KvEvents.Receiving;

namespace OrleansKvRouter.Tests.KvEvents.Receiving;

public sealed class TopicTests
{
    [Theory]
    [InlineData("kv@10.0.0.7@Qwen3-32B", "10.0.0.7", null, "Qwen3-32B")]
    [InlineData("kv@10.0.0.7:8000@Qwen/Qwen3-32B", "10.0.0.7", 8000, "Qwen/Qwen3-32B")]
    [InlineData("kv@10.0.0.7@team@model@v2", "10.0.0.7", null, "team@model@v2")]
    [InlineData("kv@fd00::1@m", "fd00::1", null, "m")]
    [InlineData("kv@[fd00::1]@m", "fd00::1", null, "m")]
    [InlineData("kv@[fd00::1]:8000@m", "fd00::1", 8000, "m")]
    [InlineData("kv@FD00:0:0:0::1@m", "fd00::1", null, "m")]
    [InlineData("kv@vllm-0.vllm@m", "vllm-0.vllm", null, "m")]
    public void Parse_TopicOfAnEngine_Parts(string topic, string ip, int? port, string model) =>
        Assert.Equal(new Topic(ip, port, model), Topic.Parse(Encoding.UTF8.GetBytes(topic)));

    [Theory]
    [InlineData("kv")]
    [InlineData("kv@")]
    [InlineData("kv@10.0.0.7")]
    [InlineData("kv@10.0.0.7@")]
    [InlineData("kv@@m")]
    [InlineData("kv@10.0.0.7:@m")]
    [InlineData("kv@10.0.0.7:0@m")]
    [InlineData("kv@10.0.0.7:65536@m")]
    [InlineData("kv@10.0.0.7:http@m")]
    [InlineData("kv@:8000@m")]
    [InlineData("kv@[]:8000@m")]
    [InlineData("kv@[10.0.0@m")]
    [InlineData("kv@fd00::xyz@m")]
    [InlineData("kv-other@10.0.0.7@m")]
    public void Parse_AnythingElse_Null(string topic) => Assert.Null(Topic.Parse(Encoding.UTF8.GetBytes(topic)));

    [Fact]
    public void Parse_EndlessTopic_Null() => Assert.Null(Topic.Parse(Encoding.UTF8.GetBytes("kv@10.0.0.7@" + new string('m', 2000))));
}
