using System.Buffers.Binary;
using OrleansKvRouter.Storage.Documents;

namespace OrleansKvRouter.Tests.Storage.Documents;

/// <summary>What every kind of document must do.</summary>
public abstract class DocumentContract
{
    [Fact]
    public async Task Read_NothingWritten_IsVersionZero()
    {
        var read = await (await OpenAsync()).ReadAsync();
        Assert.Equal((0, 0), (read.Version, read.Bytes.Length));
    }

    [Fact]
    public async Task TryWrite_VersionThatIsThere_ReplacesIt()
    {
        var document = await OpenAsync();
        Assert.True(await document.TryWriteAsync(new byte[] { 1, 2 }, 0));
        Assert.True(await document.TryWriteAsync(new byte[] { 3, 10, 13, 0 }, 1));
        Assert.True(await document.TryWriteAsync(ReadOnlyMemory<byte>.Empty, 2));

        var read = await document.ReadAsync();
        Assert.Equal((3, 0), (read.Version, read.Bytes.Length));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    public async Task TryWrite_AnotherVersion_IsFalseAndChangesNothing(long expected)
    {
        var document = await OpenAsync();
        Assert.True(await document.TryWriteAsync(new byte[] { 1 }, 0));
        Assert.True(await document.TryWriteAsync(new byte[] { 2 }, 1));

        Assert.False(await document.TryWriteAsync(new byte[] { 9 }, expected));
        var read = await document.ReadAsync();
        Assert.Equal(2, read.Version);
        Assert.Equal([2], read.Bytes.ToArray());
    }

    [Fact]
    public async Task TryWrite_ManyAtOnce_NoChangeIsLost()
    {
        const int Writers = 8;
        const int Changes = 25;
        var documents = new IVersionedDocument[Writers];
        for (var i = 0; i < Writers; i++) documents[i] = await OpenAsync();

        await Task.WhenAll(documents.Select(document => Task.Run(async () =>
        {
            for (var i = 0; i < Changes; i++) await IncrementAsync(document);
        })));

        var read = await documents[0].ReadAsync();
        Assert.Equal((Writers * Changes, Writers * Changes), (read.Version, BinaryPrimitives.ReadInt64LittleEndian(read.Bytes.Span)));
    }

    /// <summary>The same document each time.</summary>
    protected abstract Task<IVersionedDocument> OpenAsync();

    /// <summary>Adds one to the number that the document holds, however often others are quicker.</summary>
    protected static async Task IncrementAsync(IVersionedDocument document)
    {
        while (true)
        {
            var read = await document.ReadAsync();
            var next = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(next, 1 + (read.Bytes.Length == 0 ? 0 : BinaryPrimitives.ReadInt64LittleEndian(read.Bytes.Span)));
            if (await document.TryWriteAsync(next, read.Version)) return;
        }
    }
}
