using System.Buffers;
using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.KvIndex.Keys;

/// <summary>Where a pool's key function comes from.</summary>
public enum SchemeSource
{
    /// <summary>The policy names it.</summary>
    Policy,

    /// <summary>An engine's first root block proved it.</summary>
    Proven,

    /// <summary>Nothing has proved it yet.</summary>
    Assumed,
}

/// <summary>
/// The key function of one pool, and the means to check that an engine uses the same. Any thread may read and
/// verify; the function changes at most once, when the first proof replaces an assumption.
/// </summary>
public sealed class PoolKeyScheme
{
    /// <summary>The algorithm's name that leaves it to the engines' first root block.</summary>
    public const string Auto = "auto";

    private readonly string? _seed;
    private readonly IKeyFunction[] _candidates;
    private volatile State _state;

    private PoolKeyScheme(string? seed, IKeyFunction[] candidates, SchemeSource source)
    {
        _seed = seed;
        _candidates = candidates;
        _state = new State(candidates[0], source);
    }

    public IKeyFunction Function => _state.Function;

    public SchemeSource Source => _state.Source;

    /// <param name="algorithm"><see cref="Auto"/> or one of <see cref="KeyFunctions.Names"/>.</param>
    /// <param name="seed">The engines' PYTHONHASHSEED as text; null when it is unset.</param>
    public static Expected<PoolKeyScheme> Create(string algorithm, string? seed)
    {
        if (algorithm == Auto)
        {
            // An algorithm that cannot be computed with this seed is no candidate.
            var candidates = KeyFunctions.Names.Select(name => KeyFunctions.Create(name, seed).Value).OfType<IKeyFunction>().ToArray();
            return new PoolKeyScheme(seed, candidates, SchemeSource.Assumed);
        }

        return KeyFunctions.Create(algorithm, seed).Try(out var function, out var fault)
            ? new PoolKeyScheme(seed, [function], SchemeSource.Policy)
            : fault;
    }

    /// <summary>
    /// Compares an engine's hashes with the keys of the tokens that it says they stand for. While the scheme is
    /// assumed, the first candidate that gives the same proves it.
    /// </summary>
    /// <param name="tokens">The tokens from the root of the chain on, <paramref name="blockSize"/> for each hash.</param>
    /// <param name="blockSize">Tokens a block, as the event says.</param>
    /// <param name="extra">The extra keys of the chain.</param>
    /// <param name="hashes">The engine's hashes of the chain's first blocks; none proves nothing and differs in nothing.</param>
    public SchemeVerdict Verify(ReadOnlySpan<uint> tokens, int blockSize, in KeyExtras extra, ReadOnlySpan<EngineBlockHash> hashes)
    {
        if (hashes.IsEmpty) return SchemeVerdict.Exact;
        if (blockSize < 1 || tokens.Length / blockSize < hashes.Length)
        {
            return SchemeVerdict.Differs($"the event has {tokens.Length} tokens for {hashes.Length} blocks of {blockSize}");
        }

        tokens = tokens[..(hashes.Length * blockSize)];
        var state = _state;
        var candidates = state.Source == SchemeSource.Assumed ? _candidates : new ReadOnlySpan<IKeyFunction>(in state.Function);
        foreach (var candidate in candidates)
        {
            // Another thread may just have proved another candidate: then this engine differs from the pool.
            if (Equals(candidate, tokens, blockSize, extra, hashes) && Prove(state, candidate)) return SchemeVerdict.Exact;
        }

        return SchemeVerdict.Differs(SchemeDiagnosis.Explain(_state.Function, _seed, tokens, blockSize, extra, hashes));
    }

    /// <summary>True when <paramref name="function"/> is the pool's from now on, whoever proved it.</summary>
    private bool Prove(State seen, IKeyFunction function)
    {
        if (seen.Source != SchemeSource.Assumed) return ReferenceEquals(seen.Function, function);
        var before = Interlocked.CompareExchange(ref _state, new State(function, SchemeSource.Proven), seen);
        return ReferenceEquals(before, seen) || ReferenceEquals(before.Function, function);
    }

    private static bool Equals(
        IKeyFunction function, ReadOnlySpan<uint> tokens, int blockSize, in KeyExtras extra, ReadOnlySpan<EngineBlockHash> hashes)
    {
        var rented = ArrayPool<BlockKey>.Shared.Rent(hashes.Length);
        function.ComputeKeys(tokens, blockSize, extra, rented);
        var equal = MemoryMarshal.Cast<BlockKey, ulong>(rented.AsSpan(0, hashes.Length)).SequenceEqual(MemoryMarshal.Cast<EngineBlockHash, ulong>(hashes));
        ArrayPool<BlockKey>.Shared.Return(rented);
        return equal;
    }

    private sealed class State(IKeyFunction function, SchemeSource source)
    {
        public readonly IKeyFunction Function = function;
        public readonly SchemeSource Source = source;
    }
}
