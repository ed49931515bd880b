namespace OrleansKvRouter.KvEvents.Decoding;

/// <summary>Why a payload is not a batch of KV events. A plain value: bad payloads cost the receiver no allocation.</summary>
/// <param name="Offset">Byte of the payload at which reading stopped.</param>
/// <param name="Reason">What was wrong there; a constant text.</param>
public readonly record struct DecodeError(int Offset, string Reason)
{
    public override string ToString() => $"{Reason} at byte {Offset}";
}
