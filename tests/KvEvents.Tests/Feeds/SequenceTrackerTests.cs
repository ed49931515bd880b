using OrleansKvRouter.KvEvents.Feeds;


namespace OrleansKvRouter.Tests.KvEvents.Feeds;

public sealed class SequenceTrackerTests
{
    private SequenceTracker _tracker = new();

    [Fact]
    public void Advance_NumbersInOrder_Next()
    {
        AssertStep(SequenceStep.Next, 0, 0, 10);
        AssertStep(SequenceStep.Next, 0, 1, 10);
        AssertStep(SequenceStep.Next, 0, 2, 11);
    }

    [Fact]
    public void Advance_JoinedLate_NothingIsLost() => AssertStep(SequenceStep.Next, 0, 4711, 10);

    [Fact]
    public void Advance_NumbersLeftOut_GapWithTheirCount()
    {
        AssertStep(SequenceStep.Next, 0, 5, 10);
        AssertStep(SequenceStep.Gap, 3, 9, 11);
        AssertStep(SequenceStep.Next, 0, 10, 12);
    }

    [Fact]
    public void Advance_ZeroLater_Restart()
    {
        AssertStep(SequenceStep.Next, 0, 5, 10);
        AssertStep(SequenceStep.Restart, 0, 0, 20);
        AssertStep(SequenceStep.Next, 0, 1, 21);
    }

    [Fact]
    public void Advance_RestartAfterOneBatch_IsToldByTheTime()
    {
        AssertStep(SequenceStep.Next, 0, 0, 10);
        AssertStep(SequenceStep.Duplicate, 0, 0, 10);
        AssertStep(SequenceStep.Restart, 0, 0, 20);
    }

    [Fact]
    public void Advance_RestartWhoseFirstBatchesAreLost_CountsThem()
    {
        AssertStep(SequenceStep.Next, 0, 100, 10);
        AssertStep(SequenceStep.Restart, 2, 2, 20);
    }

    [Fact]
    public void Advance_RestartWithAClockThatWentBack_Restart()
    {
        AssertStep(SequenceStep.Next, 0, 100, 50);
        AssertStep(SequenceStep.Restart, 0, 0, 20);
        AssertStep(SequenceStep.Next, 0, 1, 21);
    }

    [Fact]
    public void Advance_BatchThatComesTooLate_Duplicate()
    {
        AssertStep(SequenceStep.Next, 0, 5, 10);
        AssertStep(SequenceStep.Gap, 1, 7, 12);
        AssertStep(SequenceStep.Duplicate, 0, 6, 11);
        AssertStep(SequenceStep.Next, 0, 8, 13);
    }

    [Fact]
    public void AdvanceMalformed_InOrder_LeavesNoGapBehind()
    {
        AssertStep(SequenceStep.Next, 0, 5, 10);
        Assert.Equal(0, _tracker.AdvanceMalformed(6));
        AssertStep(SequenceStep.Next, 0, 7, 12);
        Assert.Equal(2, _tracker.AdvanceMalformed(10));
        Assert.Equal(0, _tracker.AdvanceMalformed(3));
        AssertStep(SequenceStep.Next, 0, 11, 13);
    }

    private void AssertStep(SequenceStep step, long lost, long sequence, double timestamp)
    {
        Assert.Equal(step, _tracker.Advance(sequence, timestamp, out var missing));
        Assert.Equal(lost, missing);
    }
}
