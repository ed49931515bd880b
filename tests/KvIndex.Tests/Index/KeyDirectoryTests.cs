using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Blocks;

namespace OrleansKvRouter.Tests.KvIndex.Index;

public class KeyDirectoryTests
{
    [Theory]
    [InlineData(256)]
    [InlineData(128)]
    [InlineData(8)]
    public void Store_KeysThatShareLines_AllAreFoundHoweverOftenSegmentsSplit(int lines)
    {
        // A line of the directory is chosen by these eight bits: with few of them in use most keys stand behind their line.
        var random = new Random(1);
        var keys = new HashSet<BlockKey>();
        while (keys.Count < 6_000)
        {
            var key = (ulong)random.NextInt64();
            if ((int)(KeyDirectory.Hash(key) >> 32 & 255) < lines) keys.Add(new BlockKey(key));
        }

        var index = new InMemoryBlockIndex();
        var holder = index.AddHolder();
        foreach (var some in keys.Chunk(64)) index.Store(holder, null, some);

        var matches = new PrefixMatches();
        foreach (var key in keys)
        {
            index.Walk([key], matches);
            Assert.Equal(1, matches.BlocksOf(holder));
        }

        Assert.Equal(keys.Count, index.Statistics.Blocks);
        foreach (var some in keys.Chunk(64)) Assert.Equal(some.Length, index.Remove(holder, some));
        Assert.Equal(0, index.Statistics.Blocks);
    }
}
