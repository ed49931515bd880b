using FsCheck.Xunit;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.EngineSim.Core;

namespace OrleansKvRouter.Tests.EngineSim.Core;

public sealed class EngineCorePropertyTests
{
    private const int BlockSize = 4;

    [Property(MaxTest = 60)]
    public void Step_AnyLoad_EventsReplayToTheCacheAndNothingLeaks(int seed)
    {
        var random = new Random(seed);
        var blocks = random.Next(6, 30);
        var engine = new CoreFixture(blocks, BlockSize, maxSequences: random.Next(1, 6), maxBatchedTokens: random.Next(3, 40));
        var replayed = new Dictionary<BlockKey, int>();
        var alive = new List<Sequence>();

        for (var round = 0; round < 200; round++)
        {
            if (random.Next(3) == 0) alive.Add(engine.Submit(RandomPrompt(random, blocks * BlockSize - 12), random.Next(1, 12)));
            if (alive.Count > 0 && random.Next(20) == 0) engine.Core.Abort(alive[random.Next(alive.Count)]);
            if (random.Next(30) == 0) engine.Core.ResetPrefixCache();
            if (!engine.Core.HasWork) continue;
            Replay(engine.Step().Events, replayed);
            Assert.Equal(Counted(engine.Core.Pool.CachedKeys), replayed);
        }

        Replay(engine.Drain(), replayed);
        Assert.Equal(Counted(engine.Core.Pool.CachedKeys), replayed);
        Assert.Equal((0, blocks), (engine.Core.Pool.Used, engine.Core.Pool.Free));
    }

    [Property(MaxTest = 60)]
    public void CachedTokens_OneRequestAtATime_EqualsTheLongestPrefixThatEventsSayIsHeld(int seed)
    {
        var random = new Random(seed);
        var blocks = random.Next(8, 40);
        var engine = new CoreFixture(blocks, BlockSize);
        var held = new PrefixSet();

        for (var round = 0; round < 60; round++)
        {
            var prompt = RandomPrompt(random, blocks * BlockSize - 8);
            var expected = held.UsableTokens(prompt);
            var sequence = engine.Submit(prompt, random.Next(1, 8));
            held.Apply(engine.Drain());
            Assert.Equal(expected, sequence.CachedTokens);
        }
    }

    /// <summary>Prompts that often share prefixes: each token is one of two, and runs are copied from a fixed text.</summary>
    private static uint[] RandomPrompt(Random random, int longest)
    {
        var length = random.Next(1, longest);
        var diverges = random.Next(1, length + 1);
        return [.. Enumerable.Range(0, length).Select(i => i < diverges ? (uint)i % 7 : (uint)random.Next(3))];
    }

    private static void Replay(IEnumerable<CacheEvent> events, Dictionary<BlockKey, int> copies)
    {
        foreach (var e in events)
        {
            switch (e)
            {
                case BlocksStored stored:
                    foreach (var key in stored.Blocks) copies[key] = copies.GetValueOrDefault(key) + 1;
                    break;
                case BlockRemoved removed:
                    Assert.True(copies.ContainsKey(removed.Block), "a block was removed that no event had stored");
                    if (--copies[removed.Block] == 0) copies.Remove(removed.Block);
                    break;
                case CacheCleared:
                    copies.Clear();
                    break;
            }
        }
    }

    private static Dictionary<BlockKey, int> Counted(IEnumerable<BlockKey> keys) =>
        keys.GroupBy(key => key).ToDictionary(group => group.Key, group => group.Count());

    /// <summary>A cache told by events alone that knows nothing of keys: it stores the prefixes themselves, as text.</summary>
    private sealed class PrefixSet
    {
        private readonly Dictionary<BlockKey, string> _prefixes = [];
        private readonly Dictionary<string, int> _copies = [];

        public int UsableTokens(uint[] prompt)
        {
            var blocks = 0;
            while ((blocks + 1) * BlockSize < prompt.Length && _copies.ContainsKey(Text(prompt[..((blocks + 1) * BlockSize)]))) blocks++;
            return blocks * BlockSize;
        }

        public void Apply(IEnumerable<CacheEvent> events)
        {
            foreach (var e in events)
            {
                if (e is BlocksStored stored) Store(stored);
                else if (e is BlockRemoved removed) Remove(_prefixes[removed.Block]);
            }
        }

        private void Store(BlocksStored stored)
        {
            var prefix = stored.Parent is { } parent ? _prefixes[parent] : "";
            for (var i = 0; i < stored.Blocks.Length; i++)
            {
                prefix += Text(stored.Tokens[(i * BlockSize)..((i + 1) * BlockSize)]);
                _prefixes[stored.Blocks[i]] = prefix;
                _copies[prefix] = _copies.GetValueOrDefault(prefix) + 1;
            }
        }

        private void Remove(string prefix)
        {
            if (--_copies[prefix] == 0) _copies.Remove(prefix);
        }

        private static string Text(uint[] tokens) => string.Concat(tokens.Select(token => $"{token} "));
    }
}
