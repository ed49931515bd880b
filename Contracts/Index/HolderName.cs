namespace OrleansKvRouter.Contracts.Index;

/// <summary>
/// Who a holder is, in words that are the same in every replica of the router: where an index is spread over several, each
/// issues its own numbers and they agree by name. <see langword="default"/> for a holder that nobody else needs to know.
/// </summary>
/// <param name="Engine">The engine: pool, pod with its uid and address, data-parallel rank. Another process in the pod's place has another name where resources tell.</param>
/// <param name="Tier">The storage tier.</param>
public readonly record struct HolderName(string? Engine, string Tier)
{
    public override string ToString() => $"{Engine} {Tier}";
}

/// <summary>How far an engine's stream has been applied.</summary>
/// <param name="Sequence">The last applied batch's number.</param>
/// <param name="Timestamp">The time in that batch, Unix seconds: it tells the process from another that has got as far.</param>
/// <param name="Memo">What whoever goes on from here must know beside that; the index keeps it and does not look at it.</param>
public readonly record struct StreamPosition(long Sequence, double Timestamp, ulong Memo = 0);
