using System.Buffers.Binary;
using OrleansKvRouter.Storage;
using OrleansKvRouter.Storage.Documents;

namespace OrleansKvRouter.Tests.Storage.Documents;

public sealed class FileDocumentTests : DocumentContract, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvrouter-document-");
    private readonly List<DataPlace> _places = [];

    private string Path => System.IO.Path.Combine(_folder.FullName, "documents", "members");

    [Fact]
    public async Task TryWrite_ProcessesThatAreKilledAtAnyMoment_VersionsAreWholeAndNoneIsLost()
    {
        const int Writers = 3;
        const int Kills = 12;
        var random = new Random(4);
        var document = await OpenAsync();
        var writers = Enumerable.Range(0, Writers).Select(_ => StartWriter()).ToArray();
        for (var kill = 0; kill < Kills; kill++)
        {
            // A killed process has got somewhere: the moment is any of its loop, not of its start.
            var victim = random.Next(Writers);
            await writers[victim].ReadLineAsync();
            await Task.Delay(random.Next(20));
            writers[victim].Kill();
            await writers[victim].DisposeAsync();
            writers[victim] = StartWriter();
            AssertCounted(await document.ReadAsync());
        }

        foreach (var writer in writers)
        {
            await writer.ReadLineAsync();
            await writer.DisposeAsync();
        }

        // Nobody's lock is left.
        await IncrementAsync(document);
        AssertCounted(await document.ReadAsync());
    }

    [Fact]
    public async Task Read_DamagedFile_IsAnIoExceptionThatNamesIt()
    {
        var document = await OpenAsync();
        Assert.True(await document.TryWriteAsync(new byte[] { 1, 2, 3 }, 0));
        var good = await File.ReadAllBytesAsync(Path);
        for (var i = 0; i < good.Length; i++)
        {
            var damaged = good.ToArray();
            damaged[i] ^= 8;
            await AssertRefusedAsync(document, damaged);
            await AssertRefusedAsync(document, good[..i]);
        }

        await AssertRefusedAsync(document, [.. good, 0]);
    }

    public void Dispose()
    {
        foreach (var place in _places) place.Dispose();
        _folder.Delete(recursive: true);
    }

    protected override Task<IVersionedDocument> OpenAsync()
    {
        _places.Add(Places.Open(_folder.FullName));
        return Task.FromResult(_places[^1].Document("members"));
    }

    /// <summary>Each successful write saw the one before it: as many versions as counted.</summary>
    private static void AssertCounted(VersionedBytes read) => Assert.Equal(read.Version, BinaryPrimitives.ReadInt64LittleEndian(read.Bytes.Span));

    private async Task AssertRefusedAsync(IVersionedDocument document, byte[] bytes)
    {
        await File.WriteAllBytesAsync(Path, bytes);
        var failure = await Assert.ThrowsAsync<IOException>(() => document.ReadAsync());
        Assert.Contains(Path, failure.Message, StringComparison.Ordinal);
    }

    private Peer StartWriter() => Peer.Start("dotnet", [System.IO.Path.Combine(AppContext.BaseDirectory, "Storage.Writer.dll"), _folder.FullName, "members"]);
}
