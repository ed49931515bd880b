using System.Threading.Channels;
using OrleansKvRouter.EngineSim.Core;

namespace OrleansKvRouter.EngineSim.Running;

/// <summary>
/// One request inside the engine: its sequences (one a prompt) and the tokens they give, in the order in which they
/// come. The engine writes, the request's handler reads; the channel ends when all sequences have.
/// </summary>
internal sealed class Generation(IReadOnlyList<Sequence> sequences, long submitted)
{
    private readonly Channel<AnswerToken> _tokens = Channel.CreateUnbounded<AnswerToken>(new() { SingleReader = true, SingleWriter = true });
    private int _unfinished = sequences.Count;

    public IReadOnlyList<Sequence> Sequences => sequences;

    /// <summary>When the request came; a <see cref="TimeProvider.GetTimestamp"/> value.</summary>
    public long Submitted => submitted;

    public ChannelReader<AnswerToken> Tokens => _tokens.Reader;

    /// <summary>True once the first token of any sequence is out.</summary>
    public bool HasBegun { get; private set; }

    public int PromptTokens => sequences.Sum(sequence => sequence.PromptLength);

    /// <summary>Prompt tokens that were not computed because the cache had them. Final once every sequence gave a token.</summary>
    public int CachedTokens => sequences.Sum(sequence => Math.Max(0, sequence.CachedTokens));

    /// <summary>Hands out a token; true when it was the request's last.</summary>
    public bool Write(int choice, uint token, bool isLast)
    {
        HasBegun = true;
        if (isLast) _unfinished--;
        _tokens.Writer.TryWrite(new AnswerToken(choice, token, isLast));
        if (_unfinished == 0) _tokens.Writer.Complete();
        return _unfinished == 0;
    }

    /// <summary>Ends the channel early: the request was aborted or the engine stops.</summary>
    public void Cut() => _tokens.Writer.TryComplete(new OperationCanceledException("the engine stopped"));
}

/// <param name="Choice">Index of the sequence in the request.</param>
/// <param name="Token">Token id.</param>
/// <param name="IsLast">The sequence's answer is complete with it.</param>
internal readonly record struct AnswerToken(int Choice, uint Token, bool IsLast);
