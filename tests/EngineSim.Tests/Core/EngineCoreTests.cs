using OrleansKvRouter.EngineSim.Core;

namespace OrleansKvRouter.Tests.EngineSim.Core;

public sealed class EngineCoreTests
{
    private readonly CoreFixture _engine = new(blocks: 8, blockSize: 4);

    [Fact]
    public void Step_NewPrompt_StoresItsFullBlocksInOneEvent()
    {
        _engine.Submit(CoreFixture.Tokens(10));

        var stored = Assert.IsType<BlocksStored>(Assert.Single(_engine.Step().Events));

        Assert.Equal(2, stored.Blocks.Length);
        Assert.Null(stored.Parent);
        Assert.Equal(CoreFixture.Tokens(8), stored.Tokens);
    }

    [Fact]
    public void Step_RepeatedPromptWithTail_AnnouncesNothing()
    {
        _engine.Submit(CoreFixture.Tokens(10));
        _engine.Drain();
        var again = _engine.Submit(CoreFixture.Tokens(10));

        Assert.Empty(_engine.Drain());
        Assert.Equal(8, again.CachedTokens);
    }

    [Fact]
    public void Step_RepeatedAlignedPrompt_RecomputesAndAnnouncesItsLastBlock()
    {
        _engine.Submit(CoreFixture.Tokens(8));
        var first = Assert.IsType<BlocksStored>(Assert.Single(_engine.Drain()));
        var again = _engine.Submit(CoreFixture.Tokens(8));

        var stored = Assert.IsType<BlocksStored>(Assert.Single(_engine.Drain()));

        Assert.Equal(4, again.CachedTokens);
        Assert.Equal(first.Blocks[1], Assert.Single(stored.Blocks));
        Assert.Equal(first.Blocks[0], stored.Parent);
        Assert.Equal(2, _engine.Core.Pool.CachedKeys.Count(key => key == first.Blocks[1]));
    }

    [Fact]
    public void Step_AnswerFillsABlock_StoresItWithItsParentWhenItsLastTokenIsComputed()
    {
        var sequence = _engine.Submit(CoreFixture.Tokens(6), maxNewTokens: 3);
        var prompt = Assert.IsType<BlocksStored>(Assert.Single(_engine.Step().Events));
        Assert.Empty(_engine.Step().Events);

        var stored = Assert.IsType<BlocksStored>(Assert.Single(_engine.Step().Events));

        Assert.Equal(prompt.Blocks[0], stored.Parent);
        Assert.Equal(sequence.Tokens[4..8].ToArray(), stored.Tokens);
        Assert.False(_engine.Core.HasWork);
    }

    [Fact]
    public void Step_LastTokenWouldFillABlock_IsNotStoredBecauseItIsNeverComputed()
    {
        _engine.Submit(CoreFixture.Tokens(6), maxNewTokens: 2);

        Assert.Single(_engine.Drain());
    }

    [Fact]
    public void Step_CacheFull_RemovesTheOldestTailFirstAndBeforeTheStore()
    {
        _engine.Submit(CoreFixture.Tokens(16));
        var old = Assert.IsType<BlocksStored>(Assert.Single(_engine.Drain()));
        _engine.Submit(CoreFixture.Tokens(24, first: 100));

        var events = _engine.Drain();

        Assert.Equal([old.Blocks[3], old.Blocks[2]], events[..^1].Select(e => Assert.IsType<BlockRemoved>(e).Block));
        Assert.Equal(6, Assert.IsType<BlocksStored>(events[^1]).Blocks.Length);
    }

    [Fact]
    public void Step_HitOnAFreeBlock_SavesItFromEviction()
    {
        _engine.Submit(CoreFixture.Tokens(8));
        _engine.Drain();
        _engine.Submit(CoreFixture.Tokens(8, first: 100));
        _engine.Drain();
        var continued = _engine.Submit([.. CoreFixture.Tokens(8), .. CoreFixture.Tokens(16, first: 200)]);

        var removed = _engine.Drain().OfType<BlockRemoved>().Count();

        Assert.Equal(8, continued.CachedTokens);
        Assert.Equal(0, removed);
    }

    [Fact]
    public void Step_TwoPromptsWithOnePrefixInOneStep_ShareItsBlocks()
    {
        _engine.Submit(CoreFixture.Tokens(10));
        var second = _engine.Submit([.. CoreFixture.Tokens(8), 77, 78, 79, 80, 81]);

        var events = _engine.Step().Events;

        Assert.Equal(8, second.CachedTokens);
        Assert.Equal(2, events.OfType<BlocksStored>().Count());
    }

    [Fact]
    public void Step_PromptLongerThanTheTokenBudget_IsComputedAndStoredInChunks()
    {
        var engine = new CoreFixture(blocks: 8, blockSize: 4, maxBatchedTokens: 10);
        engine.Submit(CoreFixture.Tokens(18));

        Assert.Equal(new StepPlan(10, 0), engine.Core.BeginStep());
        var first = engine.Core.EndStep();
        Assert.Equal(new StepPlan(8, 0), engine.Core.BeginStep());
        var second = engine.Core.EndStep();

        Assert.Empty(first.Tokens);
        Assert.Equal(2, Assert.IsType<BlocksStored>(Assert.Single(first.Events)).Blocks.Length);
        Assert.Equal(2, Assert.IsType<BlocksStored>(Assert.Single(second.Events)).Blocks.Length);
        Assert.Single(second.Tokens);
    }

    [Fact]
    public void Step_NoRoom_TheRequestWaitsUntilAnotherEnds()
    {
        _engine.Submit(CoreFixture.Tokens(24), maxNewTokens: 4);
        _engine.Submit(CoreFixture.Tokens(16, first: 100));

        _engine.Step();

        Assert.Equal((1, 1), (_engine.Core.Statistics.Running, _engine.Core.Statistics.Waiting));
        _engine.Drain();
        Assert.Equal(0, _engine.Core.Statistics.UsedBlocks);
    }

    [Fact]
    public void Step_RunningSequencesOutgrowTheCache_TheYoungestStartsOverAndBothEnd()
    {
        var old = _engine.Submit(CoreFixture.Tokens(12), maxNewTokens: 12);
        var young = _engine.Submit(CoreFixture.Tokens(12, first: 100), maxNewTokens: 12);

        _engine.Drain();

        Assert.True(_engine.Core.Statistics.Preemptions > 0);
        Assert.True(old.IsComplete && young.IsComplete);
        Assert.Equal(0, young.CachedTokens);
    }

    [Fact]
    public void Abort_RunningAndWaiting_GivesTheBlocksBack()
    {
        var running = _engine.Submit(CoreFixture.Tokens(24), maxNewTokens: 8);
        var waiting = _engine.Submit(CoreFixture.Tokens(24, first: 100), maxNewTokens: 8);
        _engine.Step();

        _engine.Core.Abort(running);
        _engine.Core.Abort(waiting);

        Assert.False(_engine.Core.HasWork);
        Assert.Equal(0, _engine.Core.Statistics.UsedBlocks);
    }

    [Fact]
    public void ResetPrefixCache_Idle_IsAnnouncedWithTheNextStep()
    {
        _engine.Submit(CoreFixture.Tokens(10));
        _engine.Drain();

        Assert.True(_engine.Core.ResetPrefixCache());
        Assert.Empty(_engine.Core.Pool.CachedKeys);
        var next = _engine.Submit(CoreFixture.Tokens(10));

        Assert.Collection(_engine.Drain(), e => Assert.IsType<CacheCleared>(e), e => Assert.IsType<BlocksStored>(e));
        Assert.Equal(0, next.CachedTokens);
    }

    [Fact]
    public void ResetPrefixCache_BlocksInUse_DoesNothing()
    {
        _engine.Submit(CoreFixture.Tokens(10), maxNewTokens: 5);
        _engine.Step();

        Assert.False(_engine.Core.ResetPrefixCache());
        Assert.NotEmpty(_engine.Core.Pool.CachedKeys);
    }

    [Fact]
    public void Step_OtherAdapterOrSalt_SharesNothing()
    {
        _engine.Submit(CoreFixture.Tokens(10));
        _engine.Drain();
        var adapter = _engine.Submit(CoreFixture.Tokens(10), identity: new RequestIdentity("sql", 1, null));
        var salted = _engine.Submit(CoreFixture.Tokens(10), identity: new RequestIdentity(null, null, "tenant"));

        _engine.Drain();

        Assert.Equal((0, 0), (adapter.CachedTokens, salted.CachedTokens));
    }
}
