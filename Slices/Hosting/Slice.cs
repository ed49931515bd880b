using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Slices.Walks;
using OrleansKvRouter.Slices.Wire;

namespace OrleansKvRouter.Slices.Hosting;

/// <summary>
/// One slice of a pool's index where it is hosted: the blocks, and of each engine how far its stream is in them. Deltas are
/// taken in the order of their positions, each once, whoever sends them how often; walks wait for nothing.
/// </summary>
public sealed class Slice
{
    private const int Nobody = -1;

    private readonly Lock _changing = new();
    private readonly Dictionary<EngineId, EngineInSlice> _engines = [];
    private readonly HolderNumbers _numbers;
    private readonly InMemoryBlockIndex _index;

    // By the slice's own holder, the number that stands for it in this silo.
    private volatile int[] _numberOf = [];

    internal Slice(HolderNumbers numbers, IndexOptions options)
    {
        _numbers = numbers;
        _index = new InMemoryBlockIndex(options);
    }

    public IndexStatistics Statistics => _index.Statistics;

    /// <summary>The blocks, for snapshots and tests.</summary>
    internal InMemoryBlockIndex Index => _index;

    /// <summary>Takes a page of deltas. Any thread.</summary>
    public ApplyOutcome Apply(ReadOnlySpan<byte> page)
    {
        var outcome = default(ApplyOutcome);
        var words = MemoryMarshal.Cast<byte, ulong>(page);
        lock (_changing)
        {
            while (Delta.TryTake(ref words, out var delta)) Apply(delta, ref outcome);
        }

        if (!words.IsEmpty) outcome.Malformed++;
        return outcome;
    }

    /// <summary>
    /// An owner takes an engine over: from now on the ones before are not heeded. Where another has a higher token it stays
    /// its, and the answer's token says so.
    /// </summary>
    /// <param name="name">The engine's name.</param>
    /// <param name="token">The owner's.</param>
    /// <param name="scheme">What the engine's keys are made with; what is known under another is void.</param>
    public (long Token, EnginePosition Position) Claim(string name, long token, ulong scheme)
    {
        lock (_changing)
        {
            var engine = EngineOf(EngineId.Of(name));
            if (token < engine.Token) return (engine.Token, engine.Position);
            (engine.Token, engine.Name, engine.Heard) = (token, name, null);
            if (engine.Scheme != scheme)
            {
                ClearAll(engine);
                (engine.Scheme, engine.Position) = (scheme, engine.Position with { Sequence = Delta.Beginning });
            }

            return (engine.Token, engine.Position);
        }
    }

    /// <summary>Answers how far it is with some engines (<see cref="ISliceLinks.CheckAsync"/>).</summary>
    public byte[] AnswerCheck(ReadOnlySpan<byte> question) => CheckWire.Answer(this, question);

    /// <summary>
    /// Says where an engine stands. Where its owner asks and the slice has all that the owner has sent it, it has got as far as the
    /// engine's stream.
    /// </summary>
    /// <param name="check">What the asker knows.</param>
    internal EngineStanding Check(in EngineCheck check)
    {
        lock (_changing)
        {
            if (check.Token == 0 && !_engines.ContainsKey(check.Engine)) return new EngineStanding(check.Engine, 0, EnginePosition.None);
            var engine = EngineOf(check.Engine);
            // Loaded since the owner claimed it, the slice hears here whose word counts.
            engine.Token = Math.Max(engine.Token, check.Token);
            if (check.Token > 0 && check.Token == engine.Token) engine.Heard = null;
            if (check.Token > 0 && check.Token == engine.Token && check.Sent.Epoch == engine.Position.Epoch
                && engine.Position >= check.Sent && engine.Position < check.Stream)
            {
                engine.Position = check.Stream;
            }

            var standing = new EngineStanding(check.Engine, engine.Token, engine.Position);
            for (var tier = 0; tier < HolderTag.Tiers; tier++)
            {
                if (engine.Holders[tier] is not { } holder) continue;
                standing.Held[tier] = _index.BlocksHeld(holder);
                standing.Dropped[tier] = _index.BlocksDropped(holder);
            }

            return standing;
        }
    }

    /// <summary>Takes out engines whose owners have not claimed them or asked after them for so long.</summary>
    /// <returns>How many.</returns>
    public int DropOrphans(TimeSpan silence, TimeProvider time)
    {
        lock (_changing)
        {
            List<EngineInSlice> orphans = [];
            foreach (var engine in _engines.Values)
            {
                if (engine.Heard is not { } heard) engine.Heard = time.GetTimestamp();
                else if (time.GetElapsedTime(heard) > silence) orphans.Add(engine);
            }

            foreach (var orphan in orphans)
            {
                RemoveHolders(orphan);
                _engines.Remove(orphan.Id);
            }

            return orphans.Count;
        }
    }

    /// <summary>Looks the slice's part of a chain up.</summary>
    /// <param name="keys">The chain's keys that lie in the slice; at least one.</param>
    /// <param name="places">Their places in the chain.</param>
    /// <param name="end">The chain's length.</param>
    /// <param name="matches">Scratch.</param>
    /// <param name="found">What is found; forgets what it had.</param>
    internal void Walk(ReadOnlySpan<BlockKey> keys, ReadOnlySpan<int> places, int end, PrefixMatches matches, FirstMissing found)
    {
        _index.Walk(keys, matches);
        found.Reset(places[0]);
        var numberOf = _numberOf;
        foreach (var holder in matches.Holders)
        {
            if ((uint)holder >= (uint)numberOf.Length || Volatile.Read(ref numberOf[holder]) is not (var number and not Nobody)) continue;
            var blocks = matches.BlocksOf(new HolderId(holder));
            found.Add(number, blocks == keys.Length ? end : places[blocks]);
        }
    }

    /// <summary>Everything at one moment, for a snapshot: the engines while <paramref name="cut"/> runs and nothing changes.</summary>
    internal T Frozen<T>(Func<IReadOnlyCollection<EngineInSlice>, T> cut)
    {
        lock (_changing) return cut(_engines.Values);
    }

    /// <summary>Makes an engine as a snapshot has it; before anybody else knows the slice.</summary>
    internal void Restore(EngineInSlice engine) => _engines[engine.Id] = engine;

    /// <summary>The holder of an engine's tier, new if need be.</summary>
    internal HolderId HolderOf(EngineInSlice engine, int tier)
    {
        if (engine.Holders[tier] is { } known) return known;
        var holder = _index.AddHolder();
        var number = _numbers.Acquire(new HolderTag(engine.Id, tier));
        var numberOf = _numberOf;
        if (holder.Value >= numberOf.Length)
        {
            var grown = new int[Math.Max(16, holder.Value * 2)];
            Array.Fill(grown, Nobody);
            numberOf.CopyTo(grown, 0);
            numberOf = grown;
        }

        Volatile.Write(ref numberOf[holder.Value], number.Value);
        _numberOf = numberOf;
        engine.Holders[tier] = holder;
        return holder;
    }

    /// <summary>The slice is hosted here no longer: gives back the numbers of its holders, and its memory at once. Walks under way find nothing from here on.</summary>
    internal void Leave()
    {
        lock (_changing)
        {
            foreach (var engine in _engines.Values) RemoveHolders(engine);
            _engines.Clear();
            _index.Close();
        }
    }

    private void Apply(in Delta delta, ref ApplyOutcome outcome)
    {
        var engine = EngineOf(delta.Engine);
        if (delta.Token < engine.Token)
        {
            outcome.Outdated++;
            return;
        }

        engine.Token = delta.Token;
        var position = delta.Position;
        if (delta.BeginsEpoch)
        {
            if (delta.Epoch <= engine.Position.Epoch)
            {
                outcome.Duplicates++;
                return;
            }

            ClearAll(engine);
        }
        else if (position <= engine.Position)
        {
            outcome.Duplicates++;
            return;
        }
        else if (delta.Epoch != engine.Position.Epoch || delta.After > engine.Position.Sequence)
        {
            outcome.Gaps++;
            return;
        }

        var steps = delta.Steps;
        while (Delta.TryTake(ref steps, out var action, out var tier, out var keys)) Apply(engine, action, tier, keys);
        if (!steps.IsEmpty) outcome.Malformed++;
        (engine.Position, engine.Scheme) = (position, delta.Scheme);
        outcome.Applied++;
    }

    private void Apply(EngineInSlice engine, DeltaAction action, int tier, ReadOnlySpan<BlockKey> keys)
    {
        switch (action)
        {
            case DeltaAction.Store:
                _index.Store(HolderOf(engine, tier), null, keys);
                break;
            case DeltaAction.Remove:
                if (engine.Holders[tier] is { } holder) _index.Remove(holder, keys);
                break;
            case DeltaAction.Clear:
                if (engine.Holders[tier] is { } cleared) _index.Clear(cleared);
                break;
            case DeltaAction.Drop:
                RemoveHolders(engine);
                _engines.Remove(engine.Id);
                break;
        }
    }

    private void ClearAll(EngineInSlice engine)
    {
        foreach (var holder in engine.Holders)
        {
            if (holder is { } held) _index.Clear(held);
        }
    }

    private void RemoveHolders(EngineInSlice engine)
    {
        for (var tier = 0; tier < HolderTag.Tiers; tier++)
        {
            if (engine.Holders[tier] is not { } holder) continue;
            var number = _numberOf[holder.Value];
            Volatile.Write(ref _numberOf[holder.Value], Nobody);
            _index.RemoveHolder(holder);
            _numbers.Release(new HolderId(number));
            engine.Holders[tier] = null;
        }
    }

    private EngineInSlice EngineOf(EngineId id)
    {
        ref var engine = ref CollectionsMarshal.GetValueRefOrAddDefault(_engines, id, out _);
        return engine ??= new EngineInSlice(id);
    }
}
