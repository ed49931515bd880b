using FsCheck.Xunit;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Slices;
using OrleansKvRouter.Slices.Hosting;
using OrleansKvRouter.Slices.Walks;

namespace OrleansKvRouter.Tests.Slices;

public sealed class WalkWireTests
{
    private const int Slices = 12;

    [Property(MaxTest = 500, EndSize = 300)]
    public bool Question_ComesBackAsTheSlicesThatAreMeant(ulong[] numbers, ushort mask)
    {
        BlockKey[] keys = [.. numbers.Append(1UL).Select(number => new BlockKey(number))];
        var (asked, read) = (new KeySplit(), new KeySplit());
        asked.Cut(keys, Slices);
        var meant = asked.Present & mask;
        // Left over from another walk.
        read.Cut([.. Enumerable.Range(0, 500).Select(i => new BlockKey((ulong)i))], Slices);

        var isRead = WalkWire.TryRead(WalkWire.Ask(meant, asked, keys.Length), read, out var slices, out var length);

        return isRead && (slices, length, read.Present) == (meant, keys.Length, meant)
            && Enumerable.Range(0, Slices).All(slice => (meant & (1UL << slice)) == 0
                ? read.KeysOf(slice).IsEmpty
                : read.KeysOf(slice).SequenceEqual(asked.KeysOf(slice)) && read.PlacesOf(slice).SequenceEqual(asked.PlacesOf(slice)));
    }

    [Fact]
    public void Answer_AnyBytes_SaysWhatIsNotThereAndDoesNotFail()
    {
        var pool = new PoolSlices(Slices, TimeProvider.System);
        for (var number = 0; number < Slices - 2; number++) pool.Host(number, pool.Create(new IndexOptions()));
        var random = new Random(11);
        var split = new KeySplit();
        split.Cut([.. Enumerable.Range(0, 100).Select(_ => new BlockKey((ulong)random.NextInt64()))], Slices);
        var good = WalkWire.Ask(split.Present, split, 100);
        for (var round = 0; round < 100_000; round++)
        {
            byte[] question = [.. good];
            for (var change = random.Next(4); change >= 0; change--) question[random.Next(random.Next(2) == 0 ? question.Length : 128)] = (byte)random.Next(256);
            if (random.Next(4) == 0) question = question[..random.Next(question.Length)];

            Assert.InRange(pool.Answer(question).Length, 16, int.MaxValue);
        }
    }
}
