using OrleansKvRouter.Bench.Clients;
using OrleansKvRouter.Bench.Processes;
using OrleansKvRouter.Contracts.Admin;

namespace OrleansKvRouter.Bench.Demo;

/// <summary>Sends the demo's requests one after the other and notes what the router predicted and what the engine reported.</summary>
internal sealed class DemoConversation(RouterProcess router, EngineFleet fleet, AdminClient admin, ChatClient chats, ExtProcClient extProc)
{
    /// <summary>Through the built-in reverse proxy.</summary>
    public async Task<DemoRow> ThroughGatewayAsync(string name, byte[] body, CancellationToken cancellation)
    {
        var id = Guid.NewGuid().ToString();
        var answer = await chats.SendAsync(router.Gateway, body, id, cancellation);
        return await RowAsync(name, "gateway", id, answer, cancellation);
    }

    /// <summary>As Envoy does it: ask over ext_proc where the request should go, send it there, end the stream with the answer.</summary>
    public async Task<DemoRow> ThroughExtProcAsync(string name, byte[] body, CancellationToken cancellation)
    {
        var id = Guid.NewGuid().ToString();
        await using var stream = await extProc.OpenAsync(cancellation);
        var placed = await stream.RouteAsync("/v1/chat/completions", id, body, cancellation);
        if (placed.Destination is null) throw new InvalidOperationException($"{name} was refused: {placed.Status} {placed.Error}");
        var answer = await chats.SendAsync(placed.Destination, body, id, cancellation);
        var row = await RowAsync(name, "ext_proc", id, answer, cancellation);
        return row.Endpoint == placed.Destination ? row : throw new InvalidOperationException($"ext_proc said {placed.Destination}, the router's record says {row.Endpoint}");
    }

    private async Task<DemoRow> RowAsync(string name, string via, string id, ChatAnswer answer, CancellationToken cancellation)
    {
        var decision = await admin.DecisionAsync(id, cancellation) ?? throw new InvalidOperationException($"the router has no record of {name}");
        await fleet.CaughtUpAsync(admin, cancellation);
        return Row(name, via, decision, answer);
    }

    private static DemoRow Row(string name, string via, Decision decision, ChatAnswer answer) => new(
        name, via, decision.Tokens, decision.Address, decision.MatchedTokens, answer.PromptTokens, answer.CachedTokens,
        TimeSpan.FromMicroseconds(decision.DecisionMicroseconds));
}
