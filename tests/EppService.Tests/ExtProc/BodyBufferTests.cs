using Google.Protobuf;
using OrleansKvRouter.EppService.ExtProc;

namespace OrleansKvRouter.Tests.EppService.ExtProc;

public sealed class BodyBufferTests
{
    [Fact]
    public void TryAdd_OnePiece_IsNotCopied()
    {
        using var body = new BodyBuffer(100);
        var piece = ByteString.CopyFromUtf8("whole");

        Assert.True(body.TryAdd(piece));

        Assert.True(body.Content.Span == piece.Span);
    }

    [Fact]
    public void TryAdd_OverTheLimit_TakesNothing()
    {
        using var body = new BodyBuffer(8);
        Assert.True(body.TryAdd(ByteString.CopyFromUtf8("12345")));

        Assert.False(body.TryAdd(ByteString.CopyFromUtf8("6789")));
        Assert.True(body.TryAdd(ByteString.CopyFromUtf8("678")));
        Assert.Equal("12345678"u8, body.Content.Span);
    }

    [Fact]
    public void TryAdd_AMillionPiecesOfAByte_CostsLittleMoreThanTheBytes()
    {
        var letters = Enumerable.Range(0, 251).Select(i => ByteString.CopyFrom((byte)i)).ToArray();
        using var body = new BodyBuffer(1 << 20);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1 << 20; i++) Assert.True(body.TryAdd(letters[i % letters.Length]));

        // Doubling allocates at most twice the final array's size, all steps together, and pooled arrays are reused.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 3 << 20);
        Assert.Equal(1 << 20, body.Pieces);
        for (var i = 0; i < 1 << 20; i += 4_099) Assert.Equal((byte)(i % 251), body.Content.Span[i]);
    }
}
