using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.EngineSim.Core;

/// <summary>One prompt and the answer that grows behind it. Belongs to the core from submission to its end.</summary>
internal sealed class Sequence
{
    private readonly uint[] _tokens;
    private readonly BlockKey[] _keys;
    private int _keyCount;

    /// <param name="prompt">Token ids, at least one.</param>
    /// <param name="maxNewTokens">Tokens to generate, at least 1.</param>
    /// <param name="identity">What enters the block keys beside the tokens.</param>
    /// <param name="blockSize">Tokens a block.</param>
    public Sequence(ReadOnlySpan<uint> prompt, int maxNewTokens, RequestIdentity identity, int blockSize)
    {
        _tokens = new uint[prompt.Length + maxNewTokens];
        prompt.CopyTo(_tokens);
        _keys = new BlockKey[_tokens.Length / blockSize];
        PromptLength = Length = prompt.Length;
        Identity = identity;
    }

    public RequestIdentity Identity { get; }

    public int PromptLength { get; }

    /// <summary>Tokens so far, prompt and answer.</summary>
    public int Length { get; private set; }

    public int Generated => Length - PromptLength;

    /// <summary>True when the answer is as long as was asked for.</summary>
    public bool IsComplete => Length == _tokens.Length;

    public ReadOnlySpan<uint> Tokens => _tokens.AsSpan(0, Length);

    /// <summary>Physical blocks in use, in order.</summary>
    public List<int> Blocks { get; } = [];

    /// <summary>Tokens whose KV values are in <see cref="Blocks"/>.</summary>
    public int Computed { get; set; }

    /// <summary>Leading blocks that are in the prefix cache.</summary>
    public int CachedBlocks { get; set; }

    /// <summary>Prompt tokens found in the cache when the sequence was first scheduled; −1 before. What <c>usage</c> reports.</summary>
    public int CachedTokens { get; set; } = -1;

    /// <summary>A number made of the prompt; the answer is a function of it.</summary>
    public ulong AnswerSeed => field == 0 ? field = HashPrompt() : field;

    public void Append(uint token) => _tokens[Length++] = token;

    /// <summary>The keys of the full blocks of the tokens so far.</summary>
    public ReadOnlySpan<BlockKey> Keys(IKeyFunction function, int blockSize)
    {
        if (Length / blockSize > _keyCount)
            _keyCount = function.ComputeKeys(Tokens, blockSize, new KeyExtras(Identity.LoraName, Identity.CacheSalt), _keys);
        return _keys.AsSpan(0, _keyCount);
    }

    private ulong HashPrompt()
    {
        var hash = 0x9E3779B97F4A7C15UL;
        foreach (var token in _tokens.AsSpan(0, PromptLength)) hash = Mix.Finish(hash ^ token);
        return hash | 1;
    }
}
