using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Admin;
using OrleansKvRouter.EppService.Listeners;

namespace OrleansKvRouter.EppService.Admin;

/// <summary><c>/api/pools</c>: the pools, one pool, and how it would route a request.</summary>
internal sealed class PoolApi(INodeView node)
{
    private const int NamesShown = 20;
    private static readonly string[] ExplainablePaths = ["/v1/chat/completions", "/v1/completions"];

    public Task ListAsync(HttpContext context) =>
        context.Response.WriteAsJsonAsync(node.Pools, AdminJson.Default.IReadOnlyListPoolStatus, cancellationToken: context.RequestAborted);

    public Task GetAsync(HttpContext context) => FindPool(context).Try(out var pool, out var missing)
        ? context.Response.WriteAsJsonAsync(pool, AdminJson.Default.PoolStatus, cancellationToken: context.RequestAborted)
        : Problems.WriteAsync(context, StatusCodes.Status404NotFound, missing, "pool");

    /// <summary>Query: <c>path</c>, <c>tokens</c>, <c>namespace</c>. Body: the OpenAI request.</summary>
    public async Task ExplainAsync(HttpContext context)
    {
        if (!FindPool(context).Try(out var pool, out var missing))
        {
            await Problems.WriteAsync(context, StatusCodes.Status404NotFound, missing, "pool");
            return;
        }

        var query = context.Request.Query;
        var path = query.TryGetValue("path", out var wanted) ? wanted.ToString() : ExplainablePaths[0];
        if (!ExplainablePaths.Contains(path, StringComparer.Ordinal))
        {
            var fault = new Fault($"path is \"{path}\".", $"Give {string.Join(" or ", ExplainablePaths)}.");
            await Problems.WriteAsync(context, StatusCodes.Status400BadRequest, fault, "path");
            return;
        }

        var withTokens = false;
        if (query.TryGetValue("tokens", out var tokens) && !bool.TryParse(tokens, out withTokens))
        {
            await Problems.WriteAsync(context, StatusCodes.Status400BadRequest, new Fault($"tokens is \"{tokens}\".", "Give true or false."), "tokens");
            return;
        }

        if (!(await BoundedBody.ReadAsync(context.Request, BoundedBody.DefaultMaxBytes, context.RequestAborted)).Try(out var body, out var tooLarge))
        {
            await Problems.WriteAsync(context, StatusCodes.Status413PayloadTooLarge, tooLarge);
            return;
        }

        await (await node.ExplainAsync(new ExplainQuery(pool.Namespace, pool.Name, path, body, withTokens), context.RequestAborted) switch
        {
            ExplainOutcome.Explained(var result) =>
                context.Response.WriteAsJsonAsync(result, AdminJson.Default.ExplainResult, cancellationToken: context.RequestAborted),
            ExplainOutcome.Refused(var status, var fault, var field) => Problems.WriteAsync(context, status, fault, field),
            var unknown => throw new InvalidOperationException($"outcome {unknown.GetType().Name} has no answer"),
        });
    }

    /// <summary>The pool that the path names; pools of one name in several namespaces are told apart by <c>?namespace=</c>.</summary>
    private Expected<PoolStatus> FindPool(HttpContext context)
    {
        var name = (string)context.GetRouteValue("pool")!;
        var pools = node.Pools;
        var named = pools.Where(pool => pool.Name == name).ToArray();
        if (context.Request.Query.TryGetValue("namespace", out var space)) named = [.. named.Where(pool => pool.Namespace == space)];
        return named switch
        {
            [var only] => only,
            [] => new Fault($"There is no pool \"{name}\"{(space.Count > 0 ? $" in namespace \"{space}\"" : "")}.", Choices(pools)),
            _ => new Fault(
                $"Several namespaces have a pool \"{name}\".",
                $"Add ?namespace= with one of {string.Join(", ", named.Select(pool => pool.Namespace))}."),
        };
    }

    private static string Choices(IReadOnlyList<PoolStatus> pools)
    {
        if (pools.Count == 0) return "No InferencePool is known yet.";
        var more = pools.Count > NamesShown ? $" and {pools.Count - NamesShown} more" : "";
        return $"Known pools: {string.Join(", ", pools.Take(NamesShown).Select(pool => pool.Name))}{more}.";
    }
}
