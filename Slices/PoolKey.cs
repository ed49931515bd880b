using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace OrleansKvRouter.Slices;

/// <summary>
/// A spread index between silos: a pool under one way to make keys. Where the policy's block size, seed or algorithm changes, it is
/// another index. Its text names it whole, number of slices included, so that a silo can host a slice of a pool that it has not heard of yet.
/// </summary>
/// <param name="Text">For example <c>default/qwen (auto, block 64, seed 4f1c) in 12</c>.</param>
public readonly record struct PoolKey(string Text)
{
    private const string SlicesMark = ") in ";

    /// <summary>Slices of the pool.</summary>
    public int Slices => TryReadSlices(Text, out var slices) ? slices : 0;

    public static PoolKey Of(string pool, string algorithm, int blockSize, string? seed, int slices) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"{pool} ({algorithm}, block {blockSize}, {(seed is null ? "no seed" : $"seed {(ushort)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(seed.AsSpan())):x4}")}{SlicesMark}{slices}"));

    /// <summary>Takes a slice's name apart: the pool's key and the slice's number behind the last <c>/</c>.</summary>
    public static bool TryParseSlice(string name, out PoolKey pool, out int slice)
    {
        var cut = name.LastIndexOf('/');
        pool = new PoolKey(cut < 0 ? "" : name[..cut]);
        slice = 0;
        return cut >= 0
            && int.TryParse(name.AsSpan(cut + 1), NumberStyles.None, CultureInfo.InvariantCulture, out slice)
            && TryReadSlices(pool.Text, out var slices)
            && slice < slices;
    }

    /// <summary>A slice's name.</summary>
    public string NameOf(int slice) => string.Create(CultureInfo.InvariantCulture, $"{Text}/{slice}");

    public override string ToString() => Text;

    private static bool TryReadSlices([NotNullWhen(true)] string? text, out int slices)
    {
        slices = 0;
        var mark = text?.LastIndexOf(SlicesMark, StringComparison.Ordinal) ?? -1;
        return mark >= 0
            && int.TryParse(text.AsSpan(mark + SlicesMark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out slices)
            && slices is >= 1 and <= SliceMap.MaxSlices;
    }
}
