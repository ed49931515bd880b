using OrleansKvRouter.Tests.Conformance.Support;

namespace OrleansKvRouter.Tests.Conformance.Health;

/// <summary>grpc.health.v1 as probes and data planes call it.</summary>
public sealed class HealthTests(ServedRouter router) : RouterTest(router)
{
    [Theory]
    [InlineData("", "NOT_SERVING")]
    [InlineData("liveness", "SERVING")]
    [InlineData("readiness", "NOT_SERVING")]
    [InlineData("envoy.service.ext_proc.v3.ExternalProcessor", "NOT_SERVING")]
    [InlineData("inference-extension", "NOT_SERVING")]
    public async Task Check_KnownService_SaysWhetherTheNodeIsReady(string service, string whenNotReady)
    {
        foreach (var via in Enum.GetValues<Via>())
        {
            Router.IsReady = true;
            Assert.Equal((0, "SERVING"), await Router.Client(via).CheckAsync(service));
            Router.IsReady = false;
            Assert.Equal((0, whenNotReady), await Router.Client(via).CheckAsync(service));
        }
    }

    [Theory, EveryClient]
    public async Task Check_UnknownService_IsNotFound(Via via) =>
        Assert.Equal((5, null), await Router.Client(via).CheckAsync("no.Such"));

    [Theory, EveryClient]
    public async Task Watch_ReadinessChanges_TellsEachChange(Via via)
    {
        var client = Router.Client(via);
        await client.BeginWatchAsync("readiness", count: 3);

        Assert.Equal("SERVING", await client.NextStatusAsync());
        Router.IsReady = false;
        Assert.Equal("NOT_SERVING", await client.NextStatusAsync());
        Router.IsReady = true;
        Assert.Equal("SERVING", await client.NextStatusAsync());
    }

    [Theory, EveryClient]
    public async Task Watch_UnknownService_IsServiceUnknown(Via via)
    {
        await Router.Client(via).BeginWatchAsync("no.Such", count: 1);

        Assert.Equal("SERVICE_UNKNOWN", await Router.Client(via).NextStatusAsync());
    }
}
