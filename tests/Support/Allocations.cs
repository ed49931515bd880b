namespace OrleansKvRouter.Tests.Support;

/// <summary>What code allocates once it is warm.</summary>
public static class Allocations
{
    private const int Runs = 40;

    /// <summary>
    /// The least bytes that this thread allocates in one run, of up to 40 runs; one that keeps within the budget ends them. A
    /// single run may be out of luck: its code may wait to be compiled in full on another thread, a collection may have emptied
    /// the array pools, and the runtime's own tables grow on whichever thread fills them. What the code itself allocates
    /// shows in every run.
    /// </summary>
    public static long Least(Action run, long budget = 0)
    {
        var least = long.MaxValue;
        for (var i = 0; i < Runs && least > budget; i++)
        {
            // Time for the compiler's thread.
            if (i > 0) Thread.Sleep(10 * i);
            var before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
