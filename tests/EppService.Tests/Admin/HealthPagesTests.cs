using System.Net;
using OrleansKvRouter.Contracts.Admin;

namespace OrleansKvRouter.Tests.EppService.Admin;

public sealed class HealthPagesTests
{
    [Fact]
    public async Task Readyz_UntilReady_Is503WithReasons()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        admin.Node.NotReady = ["no pool is known", "the event socket is not bound"];

        using var before = await admin.Client.GetAsync("/readyz");
        admin.Node.NotReady = [];
        using var after = await admin.Client.GetAsync("/readyz");
        using var live = await admin.Client.GetAsync("/livez");
        using var head = await admin.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/readyz"));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, before.StatusCode);
        Assert.Equal("not ready\nno pool is known\nthe event socket is not bound\n", await before.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
    }

    [Fact]
    public async Task Metrics_OfTheNode_PassPromtoolAndEqualItsState()
    {
        await using var admin = await AdminUnderTest.StartAsync();
        admin.Node.ResourceErrors = [new ResourceError("pools.yaml", "a typo", DateTimeOffset.UnixEpoch)];

        using var response = await admin.Client.GetAsync("/metrics");
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Contains("kvrouter_build_info{version=", text);
        Assert.Contains("# TYPE kvrouter_resource_errors gauge", text);
        await Promtool.CheckAsync(string.Join('\n', text.Split('\n').Where(line => !line.Contains("test_", StringComparison.Ordinal))));
    }
}
