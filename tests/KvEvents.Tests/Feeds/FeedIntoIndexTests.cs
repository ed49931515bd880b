using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Zmq;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Tests.KvEvents.Doubles;

namespace OrleansKvRouter.Tests.KvEvents.Feeds;

/// <summary>Events on their way into the index that the router uses.</summary>
public sealed class FeedIntoIndexTests : IDisposable
{
    private const int BlockSize = 4;

    private readonly KvEventInstruments _instruments = new();
    private readonly ZmqMessagePool _messages = new(capacity: 1);
    private readonly DecodingScratch _scratch = new();

    public void Dispose()
    {
        _instruments.Dispose();
        _messages.Dispose();
    }

    [Fact]
    public void TryAccept_StoresRemovalsClearsAndRestarts_SameBlocksAsTheCountingIndex()
    {
        var real = new InMemoryBlockIndex();
        var counting = new CountingIndex();
        var (realTarget, realFeed) = Feed(real);
        var (countingTarget, countingFeed) = Feed(counting);
        var random = new Random(11);
        long sequence = 0;
        for (var step = 0; step < 2_000; step++)
        {
            if (random.Next(500) == 0) sequence = 0;
            var payload = MsgPack.BatchAt(1_757_000_000 + step, 0, Event(random), Event(random));
            Assert.True(_scratch.TryDecode(payload, out _));
            Assert.True(realFeed.TryAccept(sequence, payload, _scratch));
            Assert.True(countingFeed.TryAccept(sequence++, payload, _scratch));

            Assert.Equal(counting.BlocksHeld(countingTarget.Holder), real.BlocksHeld(realTarget.Holder));
            Assert.Equal(Walk(counting, countingTarget), Walk(real, realTarget));
        }
    }

    /// <summary>Chains 100, 101, … and 200, 201, …, of at most 30 blocks, stored and removed piece by piece.</summary>
    private static object Event(Random random)
    {
        var chain = 100 * random.Next(1, 3);
        var first = random.Next(20);
        var hashes = Enumerable.Range(chain + first, random.Next(1, 10)).Select(hash => (object)hash).ToArray();
        return random.Next(100) switch
        {
            0 => MsgPack.Cleared,
            < 50 => MsgPack.Removed(hashes[0]),
            _ => MsgPack.Stored(hashes, first == 0 ? null : chain + first - 1, null, BlockSize),
        };
    }

    private static (int, int) Walk(IBlockIndex index, FeedTarget target)
    {
        var matches = new PrefixMatches();
        return (Held(100), Held(200));

        int Held(int chain)
        {
            matches.Reset();
            var walk = index.WalkAsync(Enumerable.Range(chain, 30).Select(key => new BlockKey((ulong)key)).ToArray(), matches);
            Assert.True(walk.IsCompletedSuccessfully);
            return matches.BlocksOf(target.Holder);
        }
    }

    private (FeedTarget Target, FeedDelivery Feed) Feed(IBlockIndex index)
    {
        var pods = new Pods(index, BlockSize);
        var target = pods.Add("10.0.0.1");
        var services = new FeedServices(pods, new EventSubscriberOptions(), _instruments, NullLogger.Instance, TimeProvider.System, _messages);
        return (target, new FeedDelivery(target, 0, services, sink: null));
    }
}
