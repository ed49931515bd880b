using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Replay;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Tests.KvEvents.Trials.Fuzz;

/// <summary>
/// A few engines that send whatever they are given, in whatever order, with replays answered well, badly and too late; and
/// one beside them whose events are good, which must not notice any of it.
/// </summary>
internal sealed class FuzzSession(FuzzWorld world, Random random)
{
    private const int Bad = 3;

    // The first pool finds its scheme out by itself, from whatever comes first.
    private readonly PoolKeyScheme _auto = PoolKeyScheme.Create("auto", random.Next(2) == 0 ? null : "42").Value!;
    private readonly PoolKeyScheme _named = PoolKeyScheme.Create("sha256_cbor", "42").Value!;
    private readonly (FeedTarget Target, EngineFeed Feed)[] _bad = new (FeedTarget, EngineFeed)[Bad];
    private readonly List<(int Engine, ReplayRequest Request)> _open = [];
    private readonly long[] _sequence = new long[Bad];
    private (FeedTarget Target, EngineFeed Feed) _good;
    private long _goodSequence;

    public void Begin()
    {
        for (var i = 0; i < Bad; i++) _bad[i] = world.Add(replays: i != 0, i == 2 ? _auto : _named);
        _good = world.Add(replays: false, _named);
    }

    /// <summary>What the engines' trust is now, for the signature of what an input brought about.</summary>
    public int Trust(int engine) => (int)_bad[engine].Target.Status.Trust.State;

    /// <summary>Gives a payload to an engine as the stream does, live or as the answer to a replay; returns which engine it was.</summary>
    public int Deliver(ReadOnlySpan<byte> payload)
    {
        var engine = random.Next(Bad);
        var (target, feed) = _bad[engine];
        if (_open.Count > 0 && random.Next(3) == 0)
        {
            Answer(payload);
            return engine;
        }

        var sequence = NextSequence(engine);
        if (world.Scratch.TryDecode(payload, out _)) feed.Accept(sequence, payload, world.Scratch);
        else feed.NoteMalformed(sequence);
        Disturb(engine, target, feed);
        foreach (var request in world.Replays) _open.Add((engine, request));
        world.Replays.Clear();
        if (_open.Count > 16) _open.RemoveAt(0);
        return engine;
    }

    /// <summary>A good engine's batches after all that: applied at once, and the walk says so. Returns what is wrong, or null.</summary>
    public string? CheckGoodEngine()
    {
        world.IsSilent = false;
        world.Time.Pass(TimeSpan.FromSeconds(1));
        var tokens = Enumerable.Range(0, 6 * EventTrees.BlockSize).Select(_ => (uint)random.Next(150_000)).ToArray();
        var keys = new BlockKey[6];
        _named.Function.ComputeKeys(tokens, EventTrees.BlockSize, default, keys);
        object[] hashes = [.. keys.Select(key => (object)key.Value)];
        Send(MsgPack.BatchAt(Now, 0, MsgPack.Stored(hashes, null, tokens, EventTrees.BlockSize)));
        if (Walked(keys) is var stored and not 6) return $"a good engine stored 6 blocks, the index says {stored}; {_good.Target.Status.Trust}";
        Send(MsgPack.BatchAt(Now, 0, MsgPack.Removed(hashes[4])));
        if (Walked(keys) is var left and not 4) return $"a good engine gave up its fifth block, the index says {left}";
        return null;
    }

    /// <summary>Everybody leaves. Returns what is left behind, or null.</summary>
    public string? End()
    {
        foreach (var (target, feed) in _bad.Append(_good))
        {
            world.Remove(target);
            feed.Drop();
        }

        return world.IsAtRest ? null : "bytes of batches that were kept or held were not given back";
    }

    private double Now => 1_757_000_000 + world.Time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;

    private void Send(byte[] payload)
    {
        if (!world.Scratch.TryDecode(payload, out var error)) throw new InvalidOperationException($"a good batch does not decode: {error}");
        _good.Feed.Accept(_goodSequence++, payload, world.Scratch);
    }

    private int Walked(BlockKey[] keys)
    {
        var matches = new PrefixMatches();
        world.Index.Walk(keys, matches);
        return matches.BlocksOf(_good.Target.Holder);
    }

    /// <summary>Mostly the next number; also holes, repetitions, a restart, and numbers at the end of what there is.</summary>
    private long NextSequence(int engine)
    {
        ref var next = ref _sequence[engine];
        switch (random.Next(24))
        {
            case 0: next += random.Next(1, 6); break;
            case 1: return Math.Max(0, next - random.Next(1, 6));
            case 2: next = 0; break;
            case 3 when random.Next(8) == 0: return long.MaxValue - random.Next(3);
        }

        return next++;
    }

    private void Disturb(int engine, FeedTarget target, EngineFeed feed)
    {
        switch (random.Next(64))
        {
            case 0: world.Time.Pass(TimeSpan.FromMilliseconds(random.Next(4_000))); break;
            case 1: feed.Revisit(world.Scratch); break;
            case 2: world.IsSilent = !world.IsSilent; break;
            case 3: target.Distrust("the fuzzer says so", world.Time.GetUtcNow()); break;
            case 4: target.Trust(); break;
            case 5: feed.NoteFailure(); break;
            case 6 when random.Next(8) == 0:
                world.Remove(target);
                feed.Drop();
                _bad[engine] = world.Add(replays: engine != 0, target.Scheme);
                _sequence[engine] = 0;
                break;
        }
    }

    private void Answer(ReadOnlySpan<byte> payload)
    {
        var (engine, request) = _open[random.Next(_open.Count)];
        var feed = _bad[engine].Feed;
        if (random.Next(3) == 0)
        {
            feed.ReplayEnded(request, random.Next(3) == 0 ? new Fault("the fuzzer did not answer") : null, world.Scratch);
            if (random.Next(4) > 0) _open.Remove((engine, request));
        }
        else
        {
            feed.Replayed(request, request.Start + random.Next(-1, 4), payload, world.Scratch);
        }
    }
}
