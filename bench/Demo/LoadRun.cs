using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using OrleansKvRouter.Bench.Clients;

namespace OrleansKvRouter.Bench.Demo;

/// <summary>What a load cost under one way of routing.</summary>
/// <param name="HitRate">Share of prompt tokens that engines found in their caches, 0 to 1.</param>
/// <param name="MeanFirstToken">Mean time to first token.</param>
/// <param name="P90FirstToken">The 90th percentile of it.</param>
internal sealed record LoadResult(double HitRate, TimeSpan MeanFirstToken, TimeSpan P90FirstToken);

/// <summary>Plays <see cref="LoadPlan"/>'s conversations, several at once, each turn after the one before it was answered.</summary>
internal sealed class LoadRun(ChatClient chats)
{
    /// <param name="address">Where each request goes: a gateway's address, or an engine's of the caller's choice.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<LoadResult> PlayAsync(Func<string> address, CancellationToken cancellation)
    {
        var answers = new ConcurrentBag<ChatAnswer>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = LoadPlan.AtOnce, CancellationToken = cancellation };
        await Parallel.ForEachAsync(Enumerable.Range(0, LoadPlan.Conversations), options, async (conversation, stop) =>
        {
            var messages = new JsonArray(Message("system", LoadPlan.System(conversation)));
            for (var turn = 0; turn < LoadPlan.Turns; turn++)
            {
                messages.Add(Message("user", LoadPlan.User(conversation, turn)));
                var answer = await chats.SendAsync(address(), LoadPlan.Body(messages), $"load-{conversation}-{turn}", stop);
                messages.Add(Message("assistant", answer.Text));
                answers.Add(answer);
            }
        });

        var firstTokens = answers.Select(a => a.FirstToken).Order().ToArray();
        return new LoadResult(
            answers.Sum(a => (double)a.CachedTokens) / answers.Sum(a => (double)a.PromptTokens),
            TimeSpan.FromTicks((long)firstTokens.Average(t => t.Ticks)),
            firstTokens[firstTokens.Length * 9 / 10]);
    }

    private static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };
}
