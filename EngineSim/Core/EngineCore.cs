using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.EngineSim.Core;

/// <summary>
/// A vLLM engine core without the model: scheduler and block cache. Deterministic, no clock, no I/O; one caller at a
/// time. A step is <see cref="BeginStep"/> (schedule, allocate, cache: what vLLM does before the forward pass), then
/// whatever time the pass takes, then <see cref="EndStep"/> (sample, finish, announce).
/// <para>
/// The rules are vLLM's (spec 1.6, 2.5, 2.6): running sequences first, in order; then waiting ones, first come first
/// served, while tokens, sequences and blocks last; a running sequence that finds no block takes those of the
/// youngest, which starts over. The oldest therefore always gets on, since no sequence may outgrow the whole cache.
/// </para>
/// </summary>
internal sealed class EngineCore(CoreOptions options, IKeyFunction keys, ITokenSource tokens)
{
    private readonly BlockPool _pool = new(options.Blocks);
    private readonly LinkedList<Sequence> _waiting = [];
    private readonly List<Sequence> _running = [];
    private readonly List<(Sequence Sequence, int Tokens)> _scheduled = [];
    private List<CacheEvent> _events = [];
    private long _queries;
    private long _hits;
    private long _promptTokens;
    private long _generationTokens;
    private long _preemptions;

    public BlockPool Pool => _pool;

    public bool HasWork => _running.Count + _waiting.Count > 0;

    public CoreStatistics Statistics => new(
        _waiting.Count, _running.Count, _pool.Used, _pool.Capacity, _queries, _hits, _promptTokens, _generationTokens, _preemptions);

    /// <summary>Takes a sequence in; its prompt and answer together must fit the cache.</summary>
    public void Submit(Sequence sequence) => _waiting.AddLast(sequence);

    /// <summary>Ends a sequence between steps; one that has ended already is passed over.</summary>
    public void Abort(Sequence sequence)
    {
        if (_running.Remove(sequence)) Release(sequence);
        else _waiting.Remove(sequence);
    }

    /// <summary>
    /// Forgets the prefix cache; false, and nothing done, while a block is in use. The event goes out with the next
    /// step, so an idle engine announces nothing (as vLLM); without <paramref name="announce"/> it never does.
    /// </summary>
    public bool ResetPrefixCache(bool announce = true)
    {
        if (!_pool.TryClear()) return false;
        _events.Add(announce ? new CacheCleared() : new CacheDropped());
        return true;
    }

    public StepPlan BeginStep()
    {
        _scheduled.Clear();
        var budget = options.MaxBatchedTokens;
        if (ScheduleRunning(ref budget)) ScheduleWaiting(ref budget);
        var (prefill, decodes) = (0, 0);
        foreach (var (sequence, count) in _scheduled)
        {
            if (count == 1 && sequence.Computed >= sequence.PromptLength) decodes++;
            else prefill += count;
        }

        return new StepPlan(prefill, decodes);
    }

    public StepOutput EndStep()
    {
        var output = new List<GeneratedToken>(_scheduled.Count);
        foreach (var (sequence, count) in _scheduled)
        {
            sequence.Computed += count;
            if (sequence.Computed < sequence.Length) continue;
            if (sequence.Generated == 0) _promptTokens += sequence.PromptLength;
            var token = tokens.Next(sequence);
            sequence.Append(token);
            output.Add(new GeneratedToken(sequence, token));
            if (sequence.IsComplete) Release(sequence);
        }

        _running.RemoveAll(sequence => sequence.IsComplete);
        _generationTokens += output.Count;
        var events = _events;
        _events = [];
        return new StepOutput(output, events);
    }

    /// <summary>False when a sequence was preempted: then nobody new is let in during this step.</summary>
    private bool ScheduleRunning(ref int budget)
    {
        var preempted = false;
        for (var i = 0; i < _running.Count && budget > 0; i++)
        {
            var sequence = _running[i];
            var count = Math.Min(sequence.Length - sequence.Computed, budget);
            while (!TryAllocate(sequence, sequence.Computed + count))
            {
                preempted = true;
                if (PreemptYoungest() == sequence) return false;
            }

            Schedule(sequence, count, ref budget);
        }

        return !preempted;
    }

    private void ScheduleWaiting(ref int budget)
    {
        while (_waiting.First?.Value is { } sequence && budget > 0 && _running.Count < options.MaxSequences)
        {
            var hits = FindHits(sequence);
            var count = Math.Min(sequence.Length - hits.Length * options.BlockSize, budget);
            if (!TryAdmit(sequence, hits, count)) return;
            _waiting.RemoveFirst();
            _running.Add(sequence);
            Schedule(sequence, count, ref budget);
        }
    }

    private void Schedule(Sequence sequence, int count, ref int budget)
    {
        budget -= count;
        _scheduled.Add((sequence, count));
    }

    /// <summary>The cached leading blocks; the last token is always computed, so a hit never reaches it.</summary>
    private int[] FindHits(Sequence sequence)
    {
        var chain = sequence.Keys(keys, options.BlockSize);
        var most = Math.Min(chain.Length, (sequence.Length - 1) / options.BlockSize);
        var hits = new List<int>();
        while (hits.Count < most && _pool.TryFind(chain[hits.Count], out var block)) hits.Add(block);
        return [.. hits];
    }

    private bool TryAdmit(Sequence sequence, int[] hits, int count)
    {
        var computed = hits.Length * options.BlockSize;
        var needed = BlocksFor(computed + count) - hits.Length + hits.Count(_pool.IsFree);
        if (needed > _pool.Free) return false;
        foreach (var block in hits) _pool.Share(block);
        sequence.Blocks.AddRange(hits);
        sequence.Computed = computed;
        sequence.CachedBlocks = hits.Length;
        if (sequence.CachedTokens < 0) sequence.CachedTokens = computed;
        _queries += sequence.Length;
        _hits += computed;
        return TryAllocate(sequence, computed + count);
    }

    /// <summary>Gives a sequence the blocks for its first <paramref name="length"/> tokens, and caches those that this fills.</summary>
    private bool TryAllocate(Sequence sequence, int length)
    {
        var missing = BlocksFor(length) - sequence.Blocks.Count;
        if (missing > _pool.Free) return false;
        for (; missing > 0; missing--) sequence.Blocks.Add(_pool.Take(_events));
        CacheFullBlocks(sequence, length / options.BlockSize);
        return true;
    }

    private void CacheFullBlocks(Sequence sequence, int full)
    {
        var from = sequence.CachedBlocks;
        if (full <= from) return;

        // A block that the scheme has no key for is not cached, nor is any after it.
        var chain = sequence.Keys(keys, options.BlockSize);
        full = Math.Min(full, chain.Length);
        if (full <= from) return;
        for (var i = from; i < full; i++) _pool.Cache(sequence.Blocks[i], chain[i]);
        sequence.CachedBlocks = full;
        _events.Add(new BlocksStored(
            chain[from..full].ToArray(),
            from == 0 ? null : chain[from - 1],
            sequence.Tokens[(from * options.BlockSize)..(full * options.BlockSize)].ToArray(),
            sequence.Identity));
    }

    private Sequence PreemptYoungest()
    {
        var youngest = _running[^1];
        _running.RemoveAt(_running.Count - 1);
        Release(youngest);
        _waiting.AddFirst(youngest);
        _preemptions++;
        return youngest;
    }

    private void Release(Sequence sequence)
    {
        _pool.Release(sequence.Blocks);
        sequence.Blocks.Clear();
        sequence.Computed = sequence.CachedBlocks = 0;
    }

    private int BlocksFor(int tokenCount) => (tokenCount + options.BlockSize - 1) / options.BlockSize;
}
