namespace OrleansKvRouter.Bench.Predict;

/// <summary>
/// Conversations as token ids, which grow turn by turn and start anew when they are long: a random one's turn at a time.
/// One at a time uses it.
/// </summary>
public sealed class Conversations(int seed, int count)
{
    private const int Longest = 1500;
    private readonly Random _random = new(seed);
    private readonly List<uint>[] _open = [.. Enumerable.Range(0, count).Select(_ => new List<uint>())];

    /// <summary>The next prompt, good until the next call.</summary>
    public IReadOnlyList<uint> Next()
    {
        var conversation = _open[_random.Next(_open.Length)];
        if (conversation.Count > Longest) conversation.Clear();
        var turn = _random.Next(60, 200);
        for (var i = 0; i < turn; i++) conversation.Add((uint)_random.Next(1000, 100_000));
        return conversation;
    }
}
