using System.Collections.Concurrent;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Tests.KvEvents.Doubles;

/// <summary>A directory of pods in one pool, with SHA-256 over CBOR and seed 42 as its key scheme.</summary>
internal sealed class Pods(IBlockIndex index, int blockSize = 16) : IFeedDirectory
{
    private readonly ConcurrentDictionary<(string Ip, int Rank), FeedTarget> _targets = new();

    public PoolKeyScheme Scheme { get; } = PoolKeyScheme.Create("sha256_cbor", "42").Value!;

    /// <summary>How often somebody asked.</summary>
    public int Lookups;

    public FeedTarget Add(string ip, int rank = 0, EngineSockets? sockets = null) =>
        _targets[(ip, rank)] = new FeedTarget("pool", $"default/pod-{ip}-{rank}", index, index.AddHolder(), Scheme, blockSize) { Sockets = sockets };

    public FeedTarget[] All => [.. _targets.Values];

    public void Remove(string ip, int rank = 0)
    {
        if (_targets.TryRemove((ip, rank), out var target)) target.Retire();
    }

    public FeedTarget? Find(string ip, int? port, int rank, string model)
    {
        Interlocked.Increment(ref Lookups);
        return _targets.GetValueOrDefault((ip, rank));
    }

    /// <summary>The keys of all full blocks of a prompt.</summary>
    public ulong[] KeysOf(uint[] tokens, string? lora = null, string? salt = null)
    {
        var keys = new BlockKey[tokens.Length / blockSize];
        Scheme.Function.ComputeKeys(tokens, blockSize, new KeyExtras(lora, salt), keys);
        return [.. keys.Select(key => key.Value)];
    }

    public static uint[] Tokens(int count, uint first = 1) => [.. Enumerable.Range(0, count).Select(i => first + ((uint)i * 7))];
}
