namespace OrleansKvRouter.Bench.Demo;

/// <summary>One request of the demo, as its table shows it.</summary>
/// <param name="Name">The request's name.</param>
/// <param name="Via"><c>gateway</c> or <c>ext_proc</c>.</param>
/// <param name="Tokens">Prompt tokens, as the router counted them.</param>
/// <param name="Endpoint"><c>ip:port</c> it went to.</param>
/// <param name="Predicted">Tokens that the router expected to be cached there.</param>
/// <param name="EngineTokens">Prompt tokens, as the engine counted them.</param>
/// <param name="Cached">Tokens that the engine found in its cache.</param>
/// <param name="Decision">The router's time for the decision.</param>
internal sealed record DemoRow(string Name, string Via, int Tokens, string Endpoint, int Predicted, int EngineTokens, int Cached, TimeSpan Decision)
{
    public int Blocks => Tokens / 64;
}
