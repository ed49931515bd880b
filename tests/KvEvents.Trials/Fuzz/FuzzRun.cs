using System.Diagnostics;
using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Tests.KvEvents.Trials.Fuzz;

/// <summary>
/// Feeds the decoder, and everything behind it, with what no engine sends. The path of an input: (1) made: a batch of some
/// era, mutated in its bytes or in its structure, or one from the corpus; (2) decoded, with what that allocates counted; (3) put
/// into a map of hashes whose tables are measured; (4) delivered to one of a session's engines, live or as a replay's answer;
/// (5) kept in the corpus when nothing before it had the same outcome: inputs that reach something new breed further ones.
/// </summary>
internal sealed class FuzzRun : IDisposable
{
    /// <summary>Rooms for hashes (8 bytes) and tokens (4) double, records cost about 7 bytes for each of an event's 15: far below this.</summary>
    private const int AllocatedPerPayloadByte = 64;

    private const int LargestCorpus = 4096;
    private const int InputsBetweenMemoryChecks = 100_000;
    private const int InputsBetweenGoodBatches = 50;
    private const long HeapGrowth = 512L << 20;
    private const long WorkingSetGrowth = 1024L << 20;

    private readonly Random _random;
    private readonly int _seed;
    private readonly EventTrees _trees;
    private readonly Mutations _mutations;
    private readonly FuzzWorld _world = new();
    private readonly KvEventDecoder _decoder = new();
    private readonly KvEventBatch _batch = new();
    private readonly HashSet<int> _outcomes = [];
    private readonly List<byte[]> _corpus = [];
    private readonly FuzzWatch _watch;
    private readonly long _heapBefore = GC.GetTotalMemory(forceFullCollection: true);
    private readonly long _workingSetBefore = Environment.WorkingSet;
    private FuzzSession _session;
    private MappedProbe _probe;
    private FuzzReport _report = new();

    public FuzzRun(int seed)
    {
        (_seed, _random) = (seed, new Random(seed));
        (_trees, _mutations) = (new EventTrees(_random), new Mutations(_random));
        _watch = new FuzzWatch(seed);
        (_session, _probe) = BeginSession();
    }

    /// <summary>Runs so many inputs; throws a <see cref="FuzzFindingException"/> at the first that shows a bug.</summary>
    /// <param name="inputs">How many.</param>
    /// <param name="progress">Called from time to time with what was done so far.</param>
    public FuzzReport Run(long inputs, Action<FuzzReport>? progress = null)
    {
        var started = Stopwatch.GetTimestamp();
        var sessionEnds = 0L;
        for (var i = 0L; i < inputs; i++)
        {
            var input = Next();
            _watch.Begin(i, input);
            try
            {
                if (Try(input) is { } finding) throw new FuzzFindingException(_seed, i, input, finding);
                if (i % InputsBetweenGoodBatches == 0 && CheckGoodEngine() is { } wrong) throw new FuzzFindingException(_seed, i, input, wrong);
                if (i >= sessionEnds)
                {
                    sessionEnds = i + _random.Next(20, 4000);
                    if (EndSession() is { } left) throw new FuzzFindingException(_seed, i, input, left);
                }
            }
            catch (Exception e) when (e is not FuzzFindingException)
            {
                throw new FuzzFindingException(_seed, i, input, e.ToString());
            }

            if ((i + 1) % InputsBetweenMemoryChecks != 0 && i + 1 != inputs) continue;
            if (CheckMemory() is { } grown) throw new FuzzFindingException(_seed, i, input, grown);
            _report = _report with { Inputs = i + 1, Outcomes = _outcomes.Count, Corpus = _corpus.Count, Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds, SlowestMilliseconds = _watch.Slowest.TotalMilliseconds };
            progress?.Invoke(_report);
        }

        return _report;
    }

    public void Dispose()
    {
        _watch.Dispose();
        _world.Dispose();
    }

    private byte[] Next()
    {
        var kind = _random.Next(100);
        if (kind < 5) return _mutations.Noise();
        if (kind < 35 && _corpus.Count > 0) return _mutations.OfBytes(_corpus[_random.Next(_corpus.Count)]);
        var tree = _trees.Batch(1_757_000_000 + (_random.Next(16) == 0 ? _random.Next(1000) : _world.Time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0));
        if (kind < 55) _mutations.OfStructure(tree);
        var encoded = MsgPack.Encode(tree);
        return kind is >= 55 and < 65 ? _mutations.OfBytes(encoded) : encoded;
    }

    private string? Try(byte[] input)
    {
        var bound = 1024 + (input.Length * AllocatedPerPayloadByte);
        // Once more into empty rooms, which must grow again: what the runtime allocates for itself it does not allocate twice.
        if (Allocated(input, _batch, out var decoded, out var error) > bound && Allocated(input, new KvEventBatch(), out _, out _) is var allocated && allocated > bound)
        {
            return $"decoding {input.Length} bytes allocated {allocated}";
        }

        if (decoded != error.Reason is null) return $"decoded: {decoded}, and the error is {error}";
        if (error.Offset < 0 || error.Offset > input.Length) return $"the error is beyond the input: {error}";

        if (decoded && _probe.Apply(_batch, input) is { } broken) return broken;
        var engine = _session.Deliver(input);
        var outcome = new HashCode();
        outcome.Add(error.Reason);
        outcome.Add(_session.Trust(engine));
        if (decoded) Describe(input, ref outcome);
        if (_outcomes.Add(outcome.ToHashCode())) Keep(input);
        _report = _report with { Decoded = _report.Decoded + (decoded ? 1 : 0), Events = _report.Events + (decoded ? _batch.Count : 0), MostWaiting = Math.Max(_report.MostWaiting, _probe.MostWaiting) };
        return null;
    }

    private long Allocated(byte[] input, KvEventBatch batch, out bool decoded, out DecodeError error)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        decoded = _decoder.TryDecode(input, batch, out error);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private void Keep(byte[] input)
    {
        if (_corpus.Count < LargestCorpus) _corpus.Add(input);
        else _corpus[_random.Next(LargestCorpus)] = input;
    }

    /// <summary>What the first events are, as far as the code takes another way for it.</summary>
    private void Describe(byte[] payload, ref HashCode outcome)
    {
        outcome.Add(Math.Min(_batch.UnknownEvents, 2));
        for (var i = 0; i < Math.Min(_batch.Count, 3); i++)
        {
            outcome.Add(_batch.KindOf(i));
            if (_batch.KindOf(i) == KvEventKind.BlockRemoved)
            {
                outcome.Add(Math.Min(_batch.Removed(i).Hashes.Length, 2));
                continue;
            }

            if (_batch.KindOf(i) != KvEventKind.BlockStored) continue;
            var stored = _batch.Stored(i);
            outcome.Add((Math.Min(stored.Hashes.Length, 2), stored.Parent is null, stored.TokensMatchHashes, stored.BlockSize % EventTrees.BlockSize, Math.Min(stored.BlockSize / EventTrees.BlockSize, 2)));
            outcome.Add((Tiers.Of(stored.Medium), stored.LoraName is null, stored.HasLoraId, Math.Min(stored.Group, 1), stored.SpecKind is null));
            outcome.Add(ExtraKeysReader.Read(payload.AsSpan()[stored.ExtraKeys], stored.LoraName is not null, 4, out _));
        }
    }

    private string? EndSession()
    {
        var left = _session.End();
        // The probe's map goes on for longer than a session, so that its tables fill up.
        var probe = _probe;
        (_session, _probe) = BeginSession();
        if (_random.Next(50) != 0) _probe = probe;
        return left;
    }

    private string? CheckGoodEngine()
    {
        _report = _report with { GoodBatches = _report.GoodBatches + 2 };
        return _session.CheckGoodEngine();
    }

    private (FuzzSession Session, MappedProbe Probe) BeginSession()
    {
        var session = new FuzzSession(_world, _random);
        session.Begin();
        return (session, new MappedProbe(_world.Add(replays: false, PoolKeyScheme.Create("own", null).Value!).Target));
    }

    private string? CheckMemory()
    {
        var heap = GC.GetTotalMemory(forceFullCollection: true);
        _report = _report with { HeapBytes = Math.Max(_report.HeapBytes, heap), WorkingSetBytes = Math.Max(_report.WorkingSetBytes, Environment.WorkingSet) };
        return heap - _heapBefore > HeapGrowth ? $"the heap has grown from {_heapBefore} to {heap} bytes"
            : Environment.WorkingSet - _workingSetBefore > WorkingSetGrowth ? $"the working set has grown from {_workingSetBefore} to {Environment.WorkingSet} bytes"
            : null;
    }
}
