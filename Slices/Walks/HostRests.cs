using System.Runtime.CompilerServices;

namespace OrleansKvRouter.Slices.Walks;

/// <summary>
/// Silos that did not answer several times in a row are left alone for a while, so that not every walk waits for one that is gone. A
/// single late answer means nothing: a collection of garbage, a busy processor. Any thread.
/// </summary>
/// <param name="silences">So many in a row.</param>
/// <param name="rest">How long a silo is left alone.</param>
/// <param name="time">The clock.</param>
internal sealed class HostRests(int silences, TimeSpan rest, TimeProvider time)
{
    private readonly ConditionalWeakTable<SliceHost, Silence> _silent = [];

    public bool IsResting(SliceHost host) =>
        _silent.TryGetValue(host, out var silence) && Volatile.Read(ref silence.InARow) >= silences && time.GetElapsedTime(Volatile.Read(ref silence.Since)) < rest;

    public void NoteSilent(SliceHost host)
    {
        var silence = _silent.GetValue(host, _ => new Silence());
        Volatile.Write(ref silence.Since, time.GetTimestamp());
        Interlocked.Increment(ref silence.InARow);
    }

    public void NoteAnswered(SliceHost host)
    {
        if (_silent.TryGetValue(host, out var silence)) Volatile.Write(ref silence.InARow, 0);
    }

    private sealed class Silence
    {
        public int InARow;
        public long Since;
    }
}
