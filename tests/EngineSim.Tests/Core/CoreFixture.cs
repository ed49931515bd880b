using OrleansKvRouter.EngineSim.Core;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Tests.EngineSim.Core;

/// <summary>An engine core with small sizes, and the step-by-step driving that tests need.</summary>
internal sealed class CoreFixture
{
    private readonly CoreOptions _options;

    public CoreFixture(int blocks, int blockSize, int maxSequences = 8, int maxBatchedTokens = 1_000_000, IKeyFunction? keys = null)
    {
        _options = new CoreOptions { Blocks = blocks, BlockSize = blockSize, MaxSequences = maxSequences, MaxBatchedTokens = maxBatchedTokens };
        Core = new EngineCore(_options, keys ?? OwnKeys.Instance, new Counting());
    }

    public EngineCore Core { get; }

    public Sequence Submit(uint[] prompt, int maxNewTokens = 1, RequestIdentity? identity = null)
    {
        var sequence = new Sequence(prompt, maxNewTokens, identity ?? RequestIdentity.Plain, _options.BlockSize);
        Core.Submit(sequence);
        return sequence;
    }

    public StepOutput Step()
    {
        Core.BeginStep();
        return Core.EndStep();
    }

    /// <summary>Steps until nothing is left to do; all events in order.</summary>
    public List<CacheEvent> Drain()
    {
        var events = new List<CacheEvent>();
        while (Core.HasWork) events.AddRange(Step().Events);
        return events;
    }

    public static uint[] Tokens(int count, uint first = 1) => [.. Enumerable.Range(0, count).Select(i => first + (uint)i)];

    private sealed class Counting : ITokenSource
    {
        public uint Next(Sequence sequence) => 1_000_000 + (uint)(sequence.AnswerSeed % 1000) + (uint)sequence.Generated;
    }
}
