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

    /// <summary>No engine's hashes could be computed: the keys are the router's own, to which the engines' hashes are mapped.</summary>
    Own,
}

/// <summary>
/// The key function of one pool, and the means to check that an engine uses the same. Any thread may read and
/// verify; the function changes at most once, when a proof, or <see cref="GiveUp"/>, replaces an assumption.
/// </summary>
public sealed class PoolKeyScheme
{
    /// <summary>The algorithm's name that leaves it to the engines' first root block.</summary>
    public const string Auto = "auto";

    private readonly string? _seed;
    private readonly Candidate[] _candidates;
    private volatile State _state;

    private PoolKeyScheme(string? seed, Candidate[] candidates, SchemeSource source)
    {
        _seed = seed;
        _candidates = candidates;
        _state = new State(candidates[0], source);
    }

    public IKeyFunction Function => _state.Candidate.Function;

    public SchemeSource Source => _state.Source;

    /// <param name="algorithm"><see cref="Auto"/> or one of <see cref="KeyFunctions.Names"/>.</param>
    /// <param name="seed">The engines' PYTHONHASHSEED as text; null when it is unset.</param>
    public static Expected<PoolKeyScheme> Create(string algorithm, string? seed)
    {
        if (algorithm == Auto)
        {
            // With the policy's seed, and with none set. An algorithm that cannot be computed so is no candidate.
            var candidates = new[] { seed, null }.Distinct()
                .SelectMany(tried => KeyFunctions.EngineNames.Select(name => (tried, KeyFunctions.Create(name, tried).Value)))
                .Where(pair => pair.Value is not null)
                .Select(pair => new Candidate(pair.Value!, pair.tried))
                .DistinctBy(candidate => candidate.Function.Name + Convert.ToHexString(candidate.Function.Root.Bytes))
                .ToArray();
            return new PoolKeyScheme(seed, candidates, SchemeSource.Assumed);
        }

        return KeyFunctions.Create(algorithm, seed).Try(out var function, out var fault)
            ? new PoolKeyScheme(seed, [new Candidate(function, seed)], SchemeSource.Policy)
            : fault;
    }

    /// <summary>
    /// Makes the keys the router's own while the scheme is assumed: for when an engine has been found to equal no
    /// candidate, before anything is stored under the assumption. Later calls change nothing. Where the policy names a seed the
    /// assumption stays: the engine that differs is then the odd one, whichever engine happens to speak first.
    /// </summary>
    /// <returns>True when the keys are the router's own.</returns>
    public bool GiveUp()
    {
        var seen = _state;
        if (seen.Source == SchemeSource.Assumed && _seed is null)
        {
            Interlocked.CompareExchange(ref _state, new State(new Candidate(OwnKeys.Instance, null), SchemeSource.Own), seen);
        }

        return _state.Candidate.Function == OwnKeys.Instance;
    }

    /// <summary>
    /// Takes up what was known of the keys before a restart. False, and nothing changes, where the policy does not allow
    /// that function any more, or another one is in use already.
    /// </summary>
    /// <param name="function">The function's name.</param>
    /// <param name="root">Where its chains start.</param>
    /// <param name="source">Where it came from.</param>
    public bool TryResume(string function, ReadOnlySpan<byte> root, SchemeSource source)
    {
        var seen = _state;
        if (IsThat(seen.Candidate, function, root) && (seen.Source == source || seen.Source != SchemeSource.Assumed)) return true;
        if (seen.Source != SchemeSource.Assumed || source is SchemeSource.Policy or SchemeSource.Assumed) return false;
        if (source == SchemeSource.Own) return GiveUp();
        foreach (var candidate in _candidates)
        {
            if (IsThat(candidate, function, root)) return Prove(seen, candidate);
        }

        return false;
    }

    /// <summary>
    /// Takes up what all replicas have agreed on, be it against what has been proved here: then what is stored under that is to be
    /// learnt anew. False, and nothing changes, where the policy does not allow that function.
    /// </summary>
    /// <param name="function">The function's name.</param>
    /// <param name="root">Where its chains start.</param>
    /// <param name="source">Where it came from.</param>
    public bool TryAgree(string function, ReadOnlySpan<byte> root, SchemeSource source)
    {
        var seen = _state;
        if (IsThat(seen.Candidate, function, root) && seen.Source == source) return true;
        if (seen.Source == SchemeSource.Policy || source is SchemeSource.Policy or SchemeSource.Assumed) return false;
        if (source == SchemeSource.Own)
        {
            if (_seed is not null) return false;
            _state = new State(new Candidate(OwnKeys.Instance, null), SchemeSource.Own);
            return true;
        }

        foreach (var candidate in _candidates)
        {
            if (!IsThat(candidate, function, root)) continue;
            _state = new State(candidate, source);
            return true;
        }

        return false;
    }

    /// <summary>Whether the scheme has, or may come to have, this function.</summary>
    public bool CanResume(string function, ReadOnlySpan<byte> root)
    {
        if (IsThat(_state.Candidate, function, root)) return true;
        if (Source != SchemeSource.Assumed) return false;
        if (_seed is null && function == OwnKeys.SchemeName) return true;
        foreach (var candidate in _candidates)
        {
            if (IsThat(candidate, function, root)) return true;
        }

        return false;
    }

    private static bool IsThat(Candidate candidate, string function, ReadOnlySpan<byte> root) =>
        candidate.Function.Name == function && candidate.Function.Root.Bytes.SequenceEqual(root);

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
            return SchemeVerdict.Differs(new SchemeDifference(SchemeParts.None, $"the event has {tokens.Length} tokens for {hashes.Length} blocks of {blockSize}"));
        }

        var state = _state;
        var candidates = state.Source == SchemeSource.Assumed ? _candidates : new ReadOnlySpan<Candidate>(in state.Candidate);
        var known = 0;
        foreach (var candidate in candidates)
        {
            // Another thread may just have proved another candidate: then this engine differs from the pool.
            var equal = CountEqual(candidate.Function, tokens[..(hashes.Length * blockSize)], blockSize, extra, hashes, out var computed);
            known = Math.Max(known, computed);
            if (computed > 0 && equal == computed && Prove(state, candidate)) return SchemeVerdict.Exact;
        }

        if (known == 0) return SchemeVerdict.Unknowable;
        state = _state;
        return SchemeVerdict.Differs(SchemeDiagnosis.Explain(state.Candidate, _seed, tokens, blockSize, extra, hashes));
    }

    /// <summary>True when the candidate is the pool's from now on, whoever proved it.</summary>
    private bool Prove(State seen, Candidate candidate)
    {
        if (seen.Source != SchemeSource.Assumed) return seen.Candidate == candidate;
        var before = Interlocked.CompareExchange(ref _state, new State(candidate, SchemeSource.Proven), seen);
        return ReferenceEquals(before, seen) || before.Candidate == candidate;
    }

    /// <summary>The number of leading hashes that equal the function's keys, of <paramref name="computed"/> that can be known.</summary>
    private static int CountEqual(
        IKeyFunction function, ReadOnlySpan<uint> tokens, int blockSize, in KeyExtras extra, ReadOnlySpan<EngineBlockHash> hashes, out int computed)
    {
        var rented = ArrayPool<BlockKey>.Shared.Rent(hashes.Length);
        computed = function.ComputeKeys(tokens, blockSize, extra, rented);
        var equal = MemoryMarshal.Cast<BlockKey, ulong>(rented.AsSpan(0, computed)).CommonPrefixLength(MemoryMarshal.Cast<EngineBlockHash, ulong>(hashes));
        ArrayPool<BlockKey>.Shared.Return(rented);
        return equal;
    }

    private sealed class State(Candidate candidate, SchemeSource source)
    {
        public readonly Candidate Candidate = candidate;
        public readonly SchemeSource Source = source;
    }
}

/// <summary>A key function and the seed that it was made with.</summary>
internal sealed record Candidate(IKeyFunction Function, string? Seed);
