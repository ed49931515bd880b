using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Discovery.Engines;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Tests.EppService.Feedback;
using OrleansKvRouter.Tests.EppService.Gateway;
using static OrleansKvRouter.Tests.EppService.Pools.Specs;

namespace OrleansKvRouter.Tests.EppService.Pools;

/// <summary>Engines on real HTTP servers are asked what they serve; a bad one harms nobody else.</summary>
public sealed class ServedModelsPollerTests
{
    private const string Models = """{"object":"list","data":[{"id":"served","parent":null},{"id":"sql-lora","parent":"served"}]}""";

    [Fact]
    public async Task List_GoodAnswer_HasIdsAndParents()
    {
        await using var engine = await Upstream.StartAsync(context => context.Response.WriteAsync(Models));
        using var client = new ServedModelsClient(Eventually.Limit);
        Assert.True((await client.ListAsync(engine.Address, default)).Try(out var models, out var fault), fault?.ToString());
        Assert.Equal(["served/", "sql-lora/served"], models.Select(model => $"{model.Id}/{model.Parent}"));
    }

    public static TheoryData<string, string> BadAnswers => new()
    {
        { "404", "answered 404" },
        { "<html>", "cannot be read" },
        { "[]", "no list of models" },
        { """{"data":{}}""", "no list of models" },
        { """{"data":[{"id":7}]}""", "no list of models" },
        { "huge", "cannot be read" },
        { "hang", "cannot be read" },
    };

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task List_BadAnswer_IsAFaultThatNamesTheEngine(string answer, string says)
    {
        await using var engine = await Upstream.StartAsync(context => AnswerAsync(context, answer));
        using var client = new ServedModelsClient(answer == "hang" ? TimeSpan.FromSeconds(1) : Eventually.Limit);
        Assert.False((await client.ListAsync(engine.Address, default)).Try(out _, out var fault));
        Assert.Contains(engine.Address, fault.What, StringComparison.Ordinal);
        Assert.Contains(says, fault.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_NobodyListens_IsAFault()
    {
        using var client = new ServedModelsClient(Eventually.Limit);
        Assert.False((await client.ListAsync($"127.0.0.1:{Ports.Take()}", default)).Try(out _, out var fault));
        Assert.Contains("cannot be read", fault.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Poller_EnginesGoodAndBad_LearnsFromTheGoodOneAndAsksEachPool()
    {
        var asked = new ConcurrentQueue<string>();
        await using var good = await Upstream.StartAsync(context =>
        {
            asked.Enqueue(context.Request.Path);
            return context.Response.WriteAsync(Models);
        });
        await using var bad = await Upstream.StartAsync(context => AnswerAsync(context, "404"));
        var registry = new PoolRegistry(TestModels.Nothing, new InMemoryIndexes(new IndexOptions()), Ledgers.Open, NullLogger<PoolRegistry>.Instance);
        registry.Apply(Resources(Specs.Pool("qwen", Tracking(), At("bad", bad.Address), At("good", good.Address))));
        var time = new ManualTime();
        using var client = new ServedModelsClient(Eventually.Limit);
        using var poller = new ServedModelsPoller(registry, client, time, NullLogger<ServedModelsPoller>.Instance);
        await poller.StartAsync(default);
        try
        {
            await Eventually.TrueAsync(() => registry.Pools[0].Serves("sql-lora"), "the adapter is known");
            Assert.True(registry.Pools[0].IsBaseModel("served"));
            Assert.All(asked, path => Assert.Equal("/v1/models", path));

            // A second pool of the same engine is told too, although the engine was asked a second ago.
            registry.Apply(Resources(Specs.Pool("late", TrafficPolicy.Default, At("good", good.Address)), Specs.Pool("qwen", Tracking(), At("good", good.Address))));
            time.Pass(TimeSpan.FromSeconds(1));
            await Eventually.TrueAsync(() => registry.Pools.Single(pool => pool.Name == "late").Serves("sql-lora"), "the new pool knows the adapter");
        }
        finally
        {
            await poller.StopAsync(default);
        }
    }

    private static EndpointSpec At(string name, string address)
    {
        var endpoint = IPEndPoint.Parse(address);
        return Pod(name, endpoint.Address.ToString(), port: endpoint.Port);
    }

    private static async Task AnswerAsync(HttpContext context, string answer)
    {
        switch (answer)
        {
            case "hang":
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
                break;
            case "huge":
                var piece = new string(' ', 64 * 1024);
                for (var i = 0; i < 64 && !context.RequestAborted.IsCancellationRequested; i++) await context.Response.WriteAsync(piece);
                break;
            default:
                if (int.TryParse(answer, NumberStyles.None, CultureInfo.InvariantCulture, out var status)) context.Response.StatusCode = status;
                await context.Response.WriteAsync(answer);
                break;
        }
    }
}
