using OrleansKvRouter.Contracts.Admin;

namespace OrleansKvRouter.EppService.Admin;

/// <summary>
/// The decisions of each of the last five minutes' seconds, so that a page opened now shows what has been. One
/// timer writes; readers get an immutable array.
/// </summary>
internal sealed class DecisionHistory : IDisposable
{
    public const int Seconds = 300;

    private readonly DecisionLog _log;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private DecisionTotals _last;
    private volatile HistoryPoint[] _points = [];

    public DecisionHistory(DecisionLog log, TimeProvider time)
    {
        (_log, _time, _last) = (log, time, log.Totals());
        _timer = time.CreateTimer(_ => Sample(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    /// <summary>The points after a moment (Unix seconds), the oldest first.</summary>
    public IReadOnlyList<HistoryPoint> Since(long moment)
    {
        var points = _points;
        var first = 0;
        while (first < points.Length && points[first].Time <= moment) first++;
        return new ArraySegment<HistoryPoint>(points, first, points.Length - first);
    }

    public void Dispose() => _timer.Dispose();

    private void Sample()
    {
        // A tick that comes while the one before still works would count its second twice.
        lock (_timer)
        {
            var now = _log.Totals();
            var times = new long[now.Times.Length];
            for (var i = 0; i < times.Length; i++) times[i] = now.Times[i] - _last.Times[i];
            var point = new HistoryPoint(
                _time.GetUtcNow().ToUnixTimeSeconds(),
                now.Picked - _last.Picked,
                now.Refused - _last.Refused,
                now.Tokens - _last.Tokens,
                now.MatchedTokens - _last.MatchedTokens,
                DecisionTimes.Percentile(times, 0.5),
                DecisionTimes.Percentile(times, 0.99));
            var kept = _points.AsSpan(Math.Max(0, _points.Length - (Seconds - 1)));
            _points = [.. kept, point];
            _last = now;
        }
    }
}
