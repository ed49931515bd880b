using System.IO.Hashing;
using System.Runtime.InteropServices;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Silo.Hosting;

/// <summary>A pool's key scheme as 64 bits that are the same in every silo: of its algorithm and of the root of all its chains, in which the seed is. Any thread.</summary>
internal sealed class SchemeNumber(PoolKeyScheme scheme)
{
    private volatile Known? _known;

    public ulong Now()
    {
        var (known, function) = (_known, scheme.Function);
        if (known is null || !ReferenceEquals(known.Function, function)) _known = known = new Known(function, Of(function));
        return known.Number;
    }

    private static ulong Of(IKeyFunction function) =>
        XxHash3.HashToUInt64(function.Root.Bytes, seed: (long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(function.Name.AsSpan())));

    private sealed record Known(IKeyFunction Function, ulong Number);
}
