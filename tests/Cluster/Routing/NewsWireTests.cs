using FsCheck.Xunit;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Sharing;
using OrleansKvRouter.Silo.Routing;

namespace OrleansKvRouter.Tests.Cluster.Routing;

public sealed class NewsWireTests
{
    private static readonly ReplicaNews News = new()
    {
        Replica = "réplica 1",
        IsFull = true,
        SinceLast = TimeSpan.FromMilliseconds(100.5),
        Loads = [new ReplicaLoad("default/qwen a", null, 3, 1L << 40, 7, 5), new ReplicaLoad("default/qwen b", 2, 0, 0, 1, 0)],
        Prefixes = [new RoutedPrefix("default/qwen a", 1, new BlockKey[] { new(1), new(ulong.MaxValue) }), new RoutedPrefix("default/qwen b", null, Array.Empty<BlockKey>())],
    };

    [Fact]
    public void TryRead_WhatWasWritten_IsTheSame()
    {
        Assert.True(NewsWire.TryRead(NewsWire.Write(News), out var read));
        Assert.Equal((News.Replica, News.IsFull, News.SinceLast), (read.Replica, read.IsFull, read.SinceLast));
        Assert.Equal(News.Loads, read.Loads);
        Assert.Equal(
            News.Prefixes.Select(prefix => (prefix.Endpoint, prefix.Rank, string.Join(' ', prefix.Keys.ToArray()))),
            read.Prefixes.Select(prefix => (prefix.Endpoint, prefix.Rank, string.Join(' ', prefix.Keys.ToArray()))));
    }

    [Fact]
    public void TryRead_CutOffOrWithMoreBehindIt_IsFalse()
    {
        var whole = NewsWire.Write(News);
        for (var length = 0; length < whole.Length; length++) Assert.False(NewsWire.TryRead(whole.AsMemory(0, length), out _));
        Assert.False(NewsWire.TryRead((byte[])[.. whole, 0], out _));
        whole[0]++;
        Assert.False(NewsWire.TryRead(whole, out _));
    }

    [Property(MaxTest = 2000)]
    public void TryRead_AnyBytes_ThrowsNothing(byte[] bytes, int at, byte value)
    {
        NewsWire.TryRead(bytes, out _);
        var damaged = NewsWire.Write(News);
        damaged[(int)((uint)at % damaged.Length)] = value;
        NewsWire.TryRead(damaged, out _);
    }
}
