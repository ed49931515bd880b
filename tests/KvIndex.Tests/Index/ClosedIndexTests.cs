using System.Globalization;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Memory;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvIndex.Index;

public sealed class ClosedIndexTests
{
    private const int Size = 6 << 20;

    [Fact]
    public unsafe void GiveBackAll_RangeInUse_IsNotResidentAndReadsZeros()
    {
        var range = new AddressRange(1L << 30, hugePages: true);
        range.Extend(Size);
        new Span<byte>(range.Start, Size).Fill(1);
        Assert.True(Resident(range.Start, Size) >= Size);

        range.GiveBackAll();

        // What a step ahead was to be cleared by another thread is not cleared after it either.
        Assert.Equal(0, Resident(range.Start, 4 * Size));
        Assert.False(new ReadOnlySpan<byte>(range.Start, Size).ContainsAnyExcept((byte)0));
        GC.KeepAlive(range);
    }

    [Fact]
    public async Task Close_WalksUnderWay_GoOnAndFindNothingAndWritesGoNowhere()
    {
        var index = new InMemoryBlockIndex();
        var holder = index.AddHolder();
        var chain = Enumerable.Range(1, 20_000).Select(i => new BlockKey((ulong)i * 0x9E3779B97F4A7C15)).ToArray();
        index.Store(holder, null, chain);
        var (started, stopped) = (0, false);
        var walkers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var matches = new PrefixMatches();
            while (!Volatile.Read(ref stopped))
            {
                index.Walk(chain, matches);
                if (matches.Holders.Length > 1) return false;
                Interlocked.Increment(ref started);
            }

            return true;
        })).ToArray();
        await Eventually.TrueAsync(() => Volatile.Read(ref started) > 10, "walks are under way");

        index.Close();

        var before = Volatile.Read(ref started);
        await Eventually.TrueAsync(() => Volatile.Read(ref started) > before + 10, "walks go on");
        Volatile.Write(ref stopped, true);
        Assert.All(await Task.WhenAll(walkers), Assert.True);

        index.Store(holder, null, chain);
        Assert.Equal(0, index.Remove(holder, chain));
        index.RemoveHolder(holder);
        index.Close();
        var after = new PrefixMatches();
        index.Walk(chain, after);
        Assert.Equal(0, after.Holders.Length);
        Assert.Equal(0, index.Statistics.Bytes);
        Assert.True(index.IsSwept);
    }

    /// <summary>Bytes of memory behind a range of addresses.</summary>
    private static unsafe long Resident(byte* start, long length)
    {
        var (bytes, isWithin) = (0L, false);
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            var name = line.AsSpan(0, line.AsSpan().IndexOf(' '));
            var dash = name.IndexOf('-');
            if (dash > 0)
            {
                var from = ulong.Parse(name[..dash], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                isWithin = from >= (ulong)start && from < (ulong)start + (ulong)length;
            }
            else if (isWithin && name is "Rss:")
            {
                bytes += 1024 * long.Parse(line.AsSpan(4, line.Length - 6), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
            }
        }

        return bytes;
    }
}
