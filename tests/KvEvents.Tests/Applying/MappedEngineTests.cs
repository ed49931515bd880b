using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Applying;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Zmq;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Tests.KvEvents.Doubles;

namespace OrleansKvRouter.Tests.KvEvents.Applying;

/// <summary>An engine whose hashes are 1, 2, 3, …: nobody's keys.</summary>
public sealed class MappedEngineTests : IDisposable
{
    private readonly CountingIndex _index = new();
    private readonly Pods _pods;
    private readonly FeedTarget _target;
    private readonly KvEventInstruments _instruments = new();
    private readonly Observed _observed;
    private readonly ZmqMessagePool _messages = new(capacity: 1);
    private readonly DecodingScratch _scratch = new();
    private FeedApplier _applier;
    private long _sequence;

    public MappedEngineTests()
    {
        _pods = new Pods(_index, blockSize: 4);
        _target = _pods.Add("10.0.0.1");
        _observed = new Observed(_instruments);
        _applier = Applier(_target);
        Apply(MsgPack.Stored([1], null, Pods.Tokens(4), 4));
    }

    public void Dispose()
    {
        _observed.Dispose();
        _instruments.Dispose();
        _messages.Dispose();
    }

    [Fact]
    public void TryApply_ChildrenBeforeTheirParents_StitchedWithoutThoseRemovedMeanwhile()
    {
        var tokens = Pods.Tokens(5 * 4);
        Apply(MsgPack.Stored([4, 5], 3, tokens[12..], 4));
        Apply(MsgPack.Stored([3], 2, tokens[8..12], 4), MsgPack.Removed(4));
        Assert.Equal(Keys(tokens, 0), _index.KeysOf(_target.Holder));

        Apply(MsgPack.Stored([2], 1, tokens[4..8], 4));

        Assert.Equal(Keys(tokens, 0, 1, 2, 4), _index.KeysOf(_target.Holder));
        Assert.Equal(2, _observed["children:stitched"]);
    }

    [Fact]
    public void TryApply_ClearedWhileChildrenWait_TheyAreForgotten()
    {
        var tokens = Pods.Tokens(3 * 4);
        Apply(MsgPack.Stored([3], 2, tokens[8..], 4));
        Apply(MsgPack.Cleared);

        Apply(MsgPack.Stored([1, 2], null, tokens[..8], 4));

        Assert.Equal(Keys(tokens, 0, 1), _index.KeysOf(_target.Holder));
    }

    [Fact]
    public void TryApply_MoreWaitingChildrenThanTheBound_TheOldestAreGivenUp()
    {
        for (var i = 0; i < PendingBlocks.MaxBlocks + 10; i++) Apply(MsgPack.Stored([10_000 + i], 20_000 + i, Pods.Tokens(4), 4));

        Assert.Equal(10, _observed["children:given_up"]);
    }

    [Fact]
    public void TryApply_HashAloneInAnotherTier_KnownFromTheGpuOnly()
    {
        var tokens = Pods.Tokens(4);
        Apply(MsgPack.Stored([1, 77], null, [], 0, medium: "CPU"));
        Apply(MsgPack.Removed(1));

        Assert.Empty(_index.KeysOf(_target.Holder));
        Assert.Equal(Keys(tokens, 0), _index.KeysOf(_target.HolderOf(Tier.Cpu)!.Value));
        Assert.Equal(1, _observed["ignored:unplaced"]);
    }

    [Fact]
    public void TryApply_LargerBlocks_EachIsSeveralOfThePool()
    {
        _applier.Restart();
        var tokens = Pods.Tokens(16);
        Apply(MsgPack.Stored([8, 9], null, tokens, 8));
        Assert.Equal(Keys(tokens, 0, 1, 2, 3), _index.KeysOf(_target.Holder));
        Assert.Equal(2, _target.KeysPerBlock);

        Apply(MsgPack.Removed(8));

        Assert.Equal(Keys(tokens, 2, 3), _index.KeysOf(_target.Holder));
        Assert.Equal(TrustState.Mapped, _target.Status.Trust.State);
    }

    [Fact]
    public void TryApply_AfterWarmUp_MappedEventsAllocateNothing()
    {
        _observed.Dispose();
        var pods = new Pods(new InMemoryBlockIndex(), blockSize: 16);
        _applier = Applier(pods.Add("10.0.0.2"));
        ApplyPayload(MsgPack.Batch(MsgPack.Stored([1], null, Pods.Tokens(16), 16)));
        var hashes = Enumerable.Range(2, 64).Select(hash => (object)hash).ToArray();
        var stored = MsgPack.Batch(MsgPack.Stored(hashes, 1, Pods.Tokens(64 * 16), 16, extraKeys: new object?[64]));
        var removed = MsgPack.Batch(MsgPack.Removed(hashes));

        // The first block stays, as in a cache that is in use: an empty map gives its memory back.
        Assert.Equal(0, Allocations.Least(Rounds));

        void Rounds()
        {
            for (var i = 0; i < 512; i++)
            {
                ApplyPayload(stored);
                ApplyPayload(removed);
            }
        }
    }

    private ulong[] Keys(uint[] tokens, params int[] blocks)
    {
        var keys = _pods.KeysOf(tokens);
        return [.. blocks.Select(block => keys[block]).Order()];
    }

    private void Apply(params object?[] events) => ApplyPayload(MsgPack.Batch(events));

    private void ApplyPayload(byte[] payload)
    {
        if (!_scratch.TryDecode(payload, out var error)) Assert.Fail(error.ToString());
        if (!_applier.TryApply(_sequence++, _scratch.Batch, payload)) Assert.Fail("the target is retired");
    }

    private FeedApplier Applier(FeedTarget target) =>
        new(target, 0, new FeedServices(_pods, new EventSubscriberOptions(), _instruments, NullLogger.Instance, TimeProvider.System, _messages));
}
