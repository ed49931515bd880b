using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Tests.EppService.Feedback;

public sealed class PredictionLedgerTests
{
    private readonly InMemoryBlockIndex _index = new();
    private readonly FeedTarget _feed;
    private readonly ManualTime _time = new();
    private readonly PredictionLedger _ledger;

    public PredictionLedgerTests()
    {
        var holder = _index.AddHolder();
        _feed = new FeedTarget("pool", "default/engine-0", _index, holder, PoolKeyScheme.Create("sha256_cbor_64bit", "42").Value!, blockSize: 64);
        _feed.Status.Trust = EngineTrust.Exact;
        _ledger = new PredictionLedger(_feed, _time, NullLogger.Instance);
        _index.Store(holder, null, [new BlockKey(1), new BlockKey(2), new BlockKey(3)]);
    }

    [Fact]
    public void Judge_PredictionsAndReports_AreSummed()
    {
        Judge(128, 128);
        Judge(128, 64);
        Judge(0, 192);

        var totals = _ledger.Totals;
        Assert.Equal((3, 1, 256, 384, 64, 192), (totals.Judged, totals.Right, totals.Predicted, totals.Reported, totals.Over, totals.Under));
        Assert.Equal(TrustState.Exact, _feed.Standing.State);
    }

    [Fact]
    public void Judge_CacheDroppedWithoutEvents_ForgetsItsBlocksAndIsStaleUntilPredictionsHold()
    {
        Judge(128, 128);
        _time.Pass(TimeSpan.FromHours(1));
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(3, _index.BlocksHeld(_feed.Holder));
            Judge(128, 0);
        }

        Assert.Equal(0, _index.BlocksHeld(_feed.Holder));
        Assert.Equal(TrustState.Stale, _feed.Standing.State);
        Assert.Contains("dropped without an event", _feed.Standing.Cause, StringComparison.Ordinal);
        Assert.Equal(_time.GetUtcNow(), _feed.Standing.Since);
        Assert.Equal(1, _ledger.Totals.Contradictions);

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(TrustState.Stale, _feed.Standing.State);
            Judge(64, 64);
        }

        Assert.Equal(EngineTrust.Exact, _feed.Standing);
    }

    [Fact]
    public void Judge_RequestsThatWereUnderWayWhenBlocksWereForgotten_DoNotCountAgain()
    {
        Judge(128, 128);
        var underWay = Enumerable.Range(0, 8).Select(_ => _ledger.Predict(200, 128)).ToArray();

        foreach (var prediction in underWay) _ledger.Judge(prediction, new ReportedUsage(200, 0));

        Assert.Equal(1, _ledger.Totals.Contradictions);
    }

    [Fact]
    public void Judge_BlocksThatTheEngineSaidItRemoved_AreNoShortfall()
    {
        Judge(128, 128);
        for (var i = 0; i < 50; i++)
        {
            var prediction = _ledger.Predict(200, 128);
            _feed.Status.Removed += 2;
            _ledger.Judge(prediction, new ReportedUsage(200, 0));
        }

        Assert.Equal(TrustState.Exact, _feed.Standing.State);
        Assert.Equal(50 * 128, _ledger.Totals.Over);
    }

    [Fact]
    public void Judge_EngineThatNeverNamesCachedTokens_IsNotJudged()
    {
        for (var i = 0; i < 50; i++) Judge(128, null);

        Assert.Equal((0, 50), (_ledger.Totals.Judged, _ledger.Totals.Unreported));
        Assert.Equal(TrustState.Exact, _feed.Standing.State);
    }

    [Fact]
    public void Judge_EngineThatLeavesOutZero_IsJudgedOnceItHasNamedANumber()
    {
        Judge(128, 64);

        for (var i = 0; i < 4; i++) Judge(128, null);

        Assert.Equal(TrustState.Stale, _feed.Standing.State);
        Assert.Equal(5, _ledger.Totals.Judged);
    }

    [Fact]
    public void Judge_EngineRestartedWithoutTheFlag_IsLeftAloneAfterOneMistake()
    {
        Judge(128, 128);

        for (var i = 0; i < 50; i++) Judge(128, null);

        Assert.Equal(1, _ledger.Totals.Contradictions);
        Assert.Equal(TrustState.Exact, _feed.Standing.State);
    }

    [Fact]
    public void Judge_AnotherCountOfPromptTokens_IsNotJudged()
    {
        Judge(128, 128);

        for (var i = 0; i < 50; i++) _ledger.Judge(_ledger.Predict(200, 128), new ReportedUsage(201, 0));

        Assert.Equal((1, 50), (_ledger.Totals.Judged, _ledger.Totals.Miscounted));
        Assert.Equal(TrustState.Exact, _feed.Standing.State);
    }

    private void Judge(int predicted, int? reported) => _ledger.Judge(_ledger.Predict(200, predicted), new ReportedUsage(200, reported));
}
