using OrleansKvRouter.Contracts.Admin;

namespace OrleansKvRouter.EppService.Admin;

/// <summary>
/// The last decisions and running totals of all. Written by every request from any thread without a lock; readers
/// take what is there and wait for nobody.
/// </summary>
internal sealed class DecisionLog(int capacity = DecisionLog.DefaultCapacity)
{
    public const int DefaultCapacity = 200;

    private readonly Decision?[] _ring = new Decision?[capacity];
    private readonly long[] _times = new long[DecisionTimes.Buckets];
    private long _count;
    private long _picked;
    private long _refused;
    private long _tokens;
    private long _matchedTokens;

    /// <summary>Takes a decision in; the oldest gives way.</summary>
    public void Add(Decision decision)
    {
        var position = Interlocked.Increment(ref _count) - 1;
        Volatile.Write(ref _ring[position % _ring.Length], decision);
        if (decision.Status == 200)
        {
            Interlocked.Increment(ref _picked);
            Interlocked.Add(ref _tokens, decision.Tokens);
            Interlocked.Add(ref _matchedTokens, decision.MatchedTokens);
        }
        else
        {
            Interlocked.Increment(ref _refused);
        }

        Interlocked.Increment(ref _times[DecisionTimes.BucketOf(decision.DecisionMicroseconds)]);
    }

    /// <summary>The last decisions, the newest first.</summary>
    public IReadOnlyList<Decision> Recent(int limit = DefaultCapacity)
    {
        var count = Volatile.Read(ref _count);
        var recent = new List<Decision>((int)Math.Min(Math.Min(count, limit), _ring.Length));
        for (var i = 0; i < recent.Capacity; i++)
        {
            // A slot may be claimed and not yet written for an instant: it is then passed over.
            if (Volatile.Read(ref _ring[(count - 1 - i) % _ring.Length]) is { } decision) recent.Add(decision);
        }

        return recent;
    }

    /// <summary>Everything since the start; each number exact, the set of them within the requests under way.</summary>
    public DecisionTotals Totals()
    {
        var times = new long[_times.Length];
        for (var i = 0; i < times.Length; i++) times[i] = Volatile.Read(ref _times[i]);
        return new DecisionTotals(
            Volatile.Read(ref _picked), Volatile.Read(ref _refused), Volatile.Read(ref _tokens), Volatile.Read(ref _matchedTokens), times);
    }
}

/// <param name="Picked">Requests given an endpoint.</param>
/// <param name="Refused">Requests refused.</param>
/// <param name="Tokens">Prompt tokens of the picked requests.</param>
/// <param name="MatchedTokens">Of these, tokens predicted to be cached.</param>
/// <param name="Times">Decisions by decision time, one number for each of <see cref="DecisionTimes"/>' buckets.</param>
internal sealed record DecisionTotals(long Picked, long Refused, long Tokens, long MatchedTokens, long[] Times);
