using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.KvEvents.Trials.Fleet;

namespace OrleansKvRouter.Tests.KvEvents.Trials.Chaos;

/// <summary>What an engine says that it holds.</summary>
/// <param name="Seq">Its last batch.</param>
/// <param name="Keys">The pool's keys of the blocks.</param>
internal sealed record EngineTruth(long Seq, ulong[] Keys);

/// <summary>Holds the index against the engines' own word, block by block.</summary>
internal sealed class ChaosTruth
{
    private readonly BlockKey[] _universe;
    private readonly InMemoryBlockIndex _index;
    private readonly PrefixMatches _matches = new();
    private readonly BlockKey[] _one = new BlockKey[1];

    public ChaosTruth(InMemoryBlockIndex index, IKeyFunction function, FleetChain[] prompts)
    {
        _index = index;
        _universe = [.. prompts.SelectMany(prompt => Keys(function, prompt)).Distinct()];
    }

    /// <summary>What each engine's entries in the index have too much, and too little.</summary>
    public (long Wrong, long Missing)[] Compare(IReadOnlyList<ChaosEngine> engines, EngineTruth[] truths)
    {
        var held = new HashSet<ulong>[engines.Count];
        for (var i = 0; i < held.Length; i++) held[i] = [];
        foreach (var key in _universe)
        {
            _one[0] = key;
            _index.Walk(_one, _matches);
            for (var i = 0; i < held.Length; i++)
            {
                if (_matches.BlocksOf(engines[i].Target.Holder) > 0) held[i].Add(key.Value);
            }
        }

        return [.. engines.Select((engine, i) =>
        {
            // What is in the index and in no prompt at all is wrong too.
            var foreign = Math.Max(0, _index.BlocksHeld(engine.Target.Holder) - held[i].Count);
            return (held[i].Except(truths[i].Keys).LongCount() + foreign, truths[i].Keys.Except(held[i]).LongCount());
        })];
    }

    private static BlockKey[] Keys(IKeyFunction function, FleetChain prompt)
    {
        var keys = new BlockKey[prompt.Tokens.Length / ChaosFleet.BlockSize];
        return keys[..function.ComputeKeys(prompt.Tokens, ChaosFleet.BlockSize, new KeyExtras(prompt.Lora, prompt.Salt), keys)];
    }
}
