using System.Buffers;
using Google.Protobuf;

namespace OrleansKvRouter.EppService.ExtProc;

/// <summary>
/// A request's body as it arrives. A body of one piece stays where protobuf put it; from the second piece on, all are
/// copied once into one pooled array that doubles, so that the decision reads contiguous memory and a body sent in
/// ten million pieces costs no more than its bytes.
/// </summary>
internal sealed class BodyBuffer(int maxBytes) : IDisposable
{
    private ByteString _only = ByteString.Empty;
    private byte[]? _joined;

    /// <summary>How many bytes have arrived.</summary>
    public int Length { get; private set; }

    /// <summary>How many pieces have arrived.</summary>
    public int Pieces { get; private set; }

    /// <summary>The bytes; valid until the next piece or <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Content => _joined is null ? _only.Memory : _joined.AsMemory(0, Length);

    /// <summary>Takes a piece; false, taking nothing, when the body would get longer than it may be.</summary>
    public bool TryAdd(ByteString piece)
    {
        if (piece.Length > maxBytes - Length) return false;

        Pieces++;
        if (Length == 0)
        {
            _only = piece;
        }
        else if (piece.Length > 0)
        {
            Grow(Length + piece.Length);
            piece.Span.CopyTo(_joined.AsSpan(Length));
        }

        Length += piece.Length;
        return true;
    }

    public void Dispose()
    {
        if (_joined is not null) ArrayPool<byte>.Shared.Return(_joined);
        _joined = null;
        _only = ByteString.Empty;
        Length = 0;
    }

    private void Grow(int needed)
    {
        if (_joined is not null && needed <= _joined.Length) return;

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Min(Length * 2, maxBytes)));
        Content.Span.CopyTo(larger);
        if (_joined is not null) ArrayPool<byte>.Shared.Return(_joined);
        (_joined, _only) = (larger, ByteString.Empty);
    }
}
