using System.Runtime.CompilerServices;

namespace OrleansKvRouter.Slices.Walks;

/// <summary>Silos that did not answer are left alone for a while, so that not every walk waits for one that is gone. Any thread.</summary>
internal sealed class HostRests(TimeSpan rest, TimeProvider time)
{
    private readonly ConditionalWeakTable<SliceHost, Rest> _rests = [];

    public bool IsResting(SliceHost host) => _rests.TryGetValue(host, out var rested) && time.GetElapsedTime(rested.Since) < rest;

    public void NoteSilent(SliceHost host) => _rests.AddOrUpdate(host, new Rest(time.GetTimestamp()));

    private sealed record Rest(long Since);
}
