namespace OrleansKvRouter.Bench.Demo;

/// <summary>What the demo's table must show.</summary>
internal static class DemoChecks
{
    /// <returns>What is wrong, one sentence each; empty when all is well.</returns>
    public static IReadOnlyList<string> Failures(IReadOnlyList<DemoRow> rows)
    {
        List<string> failures = [];
        foreach (var row in rows)
        {
            if (row.Predicted != row.Cached) failures.Add($"{row.Name} ({row.Via}): {row.Predicted} tokens were predicted to be cached, the engine reported {row.Cached}");
            if (row.Tokens != row.EngineTokens) failures.Add($"{row.Name} ({row.Via}): the router counted {row.Tokens} tokens, the engine {row.EngineTokens}");
        }

        foreach (var via in rows.Select(row => row.Via).Distinct())
        {
            var first = rows.First(row => row.Via == via && row.Name == "round 1");
            var second = rows.First(row => row.Via == via && row.Name == "round 2");
            if (second.Endpoint != first.Endpoint) failures.Add($"round 2 ({via}) went to {second.Endpoint}, round 1 to {first.Endpoint}");
            if (second.Cached == 0) failures.Add($"round 2 ({via}) found nothing cached");
        }

        return failures;
    }
}
