namespace OrleansKvRouter.EngineSim.Core;

/// <summary>The splitmix64 finaliser: neighbouring numbers in, unrelated numbers out.</summary>
internal static class Mix
{
    public static ulong Finish(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
