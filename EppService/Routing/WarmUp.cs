using System.Text;
using OrleansKvRouter.EppService.Pools;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>
/// Works out a made-up request on each pool again and again before the node says that it is ready. Code runs slowly the first
/// times (it is compiled when first used, and better when used often): the first request of a client should not pay for that.
/// </summary>
internal sealed class WarmUp(PoolRegistry registry, Explainer explainer)
{
    /// <summary>More than the 30 calls after which the runtime compiles a method for speed.</summary>
    private const int Rounds = 40;

    private static readonly string[] Texts = [.. Enumerable.Range(0, Rounds).Select(round => $"Round {round}: the quick brown fox — naïve, 敏捷的棕色狐狸, x = {round};\n")];

    /// <summary>Takes about half a second at the start, and nothing for pools that route by load.</summary>
    public async Task RunAsync(CancellationToken cancellation = default)
    {
        foreach (var pool in registry.Pools.Where(pool => pool.IsPrecise))
        {
            for (var round = 0; round < Rounds; round++)
            {
                var content = string.Concat(Enumerable.Repeat(Texts[round], 1 + round)).ReplaceLineEndings(" ");
                await explainer.ExplainAsync(pool, "/v1/chat/completions", Encoding.UTF8.GetBytes($$"""{"model":"warm-up","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"{{content}}"},{"role":"assistant","content":"Yes."},{"role":"user","content":"Why?"}]}"""), withTokens: false, cancellation);
                await explainer.ExplainAsync(pool, "/v1/completions", Encoding.UTF8.GetBytes($$"""{"model":"warm-up","prompt":"{{content}}"}"""), withTokens: false, cancellation);
            }
        }
    }
}
