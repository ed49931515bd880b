namespace OrleansKvRouter.KvEvents.Decoding;

/// <summary>A decoder and the batch that it decodes into: one pair for each thread that applies events.</summary>
internal sealed class DecodingScratch
{
    [ThreadStatic]
    private static DecodingScratch? _ofThisThread;

    private readonly KvEventDecoder _decoder = new();

    public static DecodingScratch OfThisThread => _ofThisThread ??= new DecodingScratch();

    public KvEventBatch Batch { get; } = new();

    public bool TryDecode(ReadOnlySpan<byte> payload, out DecodeError error) => _decoder.TryDecode(payload, Batch, out error);

    /// <summary>Decodes a payload that was found good before.</summary>
    public void DecodeAgain(ReadOnlySpan<byte> payload)
    {
        if (!TryDecode(payload, out var error)) throw new InvalidOperationException($"a kept payload became malformed: {error}");
    }
}
