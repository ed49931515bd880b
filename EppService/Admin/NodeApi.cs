using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Admin;

namespace OrleansKvRouter.EppService.Admin;

/// <summary><c>/api/node</c>, <c>/api/decisions</c> and <c>/api/history</c>: the node as a whole and what it decided lately.</summary>
internal sealed class NodeApi(INodeView node, DecisionLog decisions, DecisionHistory history)
{
    public static string Version { get; } = typeof(NodeApi).Assembly.GetName().Version?.ToString(3) ?? "unknown";

    public Task StatusAsync(HttpContext context)
    {
        var reasons = node.NotReady;
        var status = new NodeStatus(Version, reasons.Count == 0, reasons, node.ResourceErrors, node.Events);
        return context.Response.WriteAsJsonAsync(status, AdminJson.Default.NodeStatus, cancellationToken: context.RequestAborted);
    }

    /// <summary>The last decisions, the newest first; <c>limit</c> (1 to 200) takes fewer.</summary>
    public Task DecisionsAsync(HttpContext context)
    {
        var limit = DecisionLog.DefaultCapacity;
        if (context.Request.Query.TryGetValue("limit", out var text)
            && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= DecisionLog.DefaultCapacity))
        {
            return BadParameter(context, "limit", text, $"a whole number from 1 to {DecisionLog.DefaultCapacity}");
        }

        return context.Response.WriteAsJsonAsync(decisions.Recent(limit), AdminJson.Default.IReadOnlyListDecision, cancellationToken: context.RequestAborted);
    }

    /// <summary>One point for each of the last five minutes' seconds; <c>since</c> (Unix seconds) takes only later ones.</summary>
    public Task HistoryAsync(HttpContext context)
    {
        long since = 0;
        if (context.Request.Query.TryGetValue("since", out var text)
            && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out since))
        {
            return BadParameter(context, "since", text, "a time in Unix seconds");
        }

        return context.Response.WriteAsJsonAsync(history.Since(since), AdminJson.Default.IReadOnlyListHistoryPoint, cancellationToken: context.RequestAborted);
    }

    private static Task BadParameter(HttpContext context, string name, string? value, string wanted) =>
        Problems.WriteAsync(context, StatusCodes.Status400BadRequest, new Fault($"{name} is \"{value}\".", $"Give {wanted}."), name);
}
