using OrleansKvRouter.Bench.Clients;
using OrleansKvRouter.Bench.Processes;

namespace OrleansKvRouter.Bench.Demo;

/// <summary>Sends the demo's requests to a cluster, each to the next silo's ext_proc, and notes what that silo predicted and what the engine reported.</summary>
internal sealed class SiloConversation(SiloProcesses silos, EngineFleet fleet, ChatClient chats)
{
    /// <summary>For deltas that are on their way between silos, which takes a few milliseconds.</summary>
    private static readonly TimeSpan OnTheWay = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<(byte[] Body, string Endpoint, int Matched)> _known = [];
    private int _next;

    /// <summary>Asks the next silo where a request should go, sends it there, and waits until the engine's owner has heard of what it cached.</summary>
    public async Task<DemoRow> AskAsync(string name, byte[] body, CancellationToken cancellation)
    {
        var silo = silos.Running[_next++ % silos.Running.Count];
        var id = Guid.NewGuid().ToString();
        using var extProc = new ExtProcClient(silo.ExtProc);
        using var admin = new AdminClient(silo.Admin);
        await using var stream = await extProc.OpenAsync(cancellation);
        var placed = await stream.RouteAsync("/v1/chat/completions", id, body, cancellation);
        if (placed.Destination is null) throw new InvalidOperationException($"{name} was refused: {placed.Status} {placed.Error}");
        var answer = await chats.SendAsync(placed.Destination, body, id, cancellation);
        var decision = await admin.DecisionAsync(id, cancellation) ?? throw new InvalidOperationException($"the silo at {silo.Admin} has no record of {name}");
        await CaughtUpAsync(cancellation);
        foreach (var each in silos.Running) _known.Add((body, decision.Address, await MatchedAsync(each, body, decision.Address, cancellation)));
        return new DemoRow(name, silo.ExtProc, decision.Tokens, decision.Address, decision.MatchedTokens, answer.PromptTokens, answer.CachedTokens, TimeSpan.FromMicroseconds(decision.DecisionMicroseconds));
    }

    /// <summary>Waits until every silo knows again as much of what was asked before as it did then.</summary>
    public async Task WholeAgainAsync(CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        foreach (var silo in silos.Running)
        {
            foreach (var (body, endpoint, matched) in _known)
            {
                while (await MatchedAsync(silo, body, endpoint, patience.Token) < matched) await Task.Delay(20, patience.Token);
            }
        }

        await CaughtUpAsync(patience.Token);
    }

    private async Task CaughtUpAsync(CancellationToken cancellation)
    {
        foreach (var engine in fleet.Engines) await silos.CaughtUpAsync(FleetResources.PoolName, engine.Address.Authority, engine.LastEventSequence, cancellation);
        await Task.Delay(OnTheWay, cancellation);
    }

    private static async Task<int> MatchedAsync(RouterProcess silo, byte[] body, string endpoint, CancellationToken cancellation)
    {
        using var admin = new AdminClient(silo.Admin);
        var explained = await admin.ExplainAsync(FleetResources.PoolName, body, cancellation);
        return explained.Endpoints.First(each => each.Address == endpoint).MatchedBlocks;
    }
}
