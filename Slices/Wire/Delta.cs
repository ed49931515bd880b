using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Slices.Hosting;

namespace OrleansKvRouter.Slices.Wire;

/// <summary>What a delta does to a holder's blocks.</summary>
internal enum DeltaAction
{
    Store,
    Remove,

    /// <summary>All blocks of one tier.</summary>
    Clear,

    /// <summary>The engine is gone: all its holders are taken out.</summary>
    Drop,
}

/// <summary>
/// What one batch of an engine means to one slice. On the wire 64-bit words, little-endian: engine, owner's token, epoch,
/// the sequence number it follows, its own, its timestamp's bits, its owner's memo, the keys' scheme, the number of words behind; then
/// for each step a word (action in bits 0–7, tier in bits 8–15, keys in bits 32–63) and its keys. Deltas lie one behind the other in a page.
/// </summary>
/// <param name="header">Nine words.</param>
/// <param name="steps">The words behind.</param>
internal readonly ref struct Delta(ReadOnlySpan<ulong> header, ReadOnlySpan<ulong> steps)
{
    public const int HeaderWords = 9;

    /// <summary>The sequence number before an epoch's first batch, and of the delta that begins an epoch.</summary>
    public const long Beginning = -1;

    private readonly ReadOnlySpan<ulong> _header = header;

    public EngineId Engine => new(_header[0]);

    /// <summary>Who says so: of two owners of an engine the one with the higher token is believed.</summary>
    public long Token => (long)_header[1];

    public long Epoch => (long)_header[2];

    /// <summary>The number of the batch before that had something for the slice; less than the engine's first in a delta that begins an epoch.</summary>
    public long After => (long)_header[3];

    public long Sequence => (long)_header[4];

    /// <summary>How far a slice is that has taken it.</summary>
    public EnginePosition Position => new(Epoch, Sequence, BitConverter.UInt64BitsToDouble(_header[5]), _header[6]);

    /// <summary>What the keys are made with.</summary>
    public ulong Scheme => _header[7];

    public ReadOnlySpan<ulong> Steps { get; } = steps;

    /// <summary>It says that all that was said of the engine before is void.</summary>
    public bool BeginsEpoch => Sequence == Beginning && After < Beginning;

    /// <summary>Takes the next delta off a page; false at its end, or where the page is no such page.</summary>
    public static bool TryTake(ref ReadOnlySpan<ulong> page, out Delta delta)
    {
        delta = default;
        if (page.Length < HeaderWords) return false;
        var words = page[HeaderWords - 1];
        if (words > (ulong)(page.Length - HeaderWords)) return false;
        delta = new Delta(page[..HeaderWords], page.Slice(HeaderWords, (int)words));
        page = page[(HeaderWords + (int)words)..];
        return true;
    }

    /// <summary>Takes the next step; false at the end, or where there is no such step.</summary>
    public static bool TryTake(ref ReadOnlySpan<ulong> steps, out DeltaAction action, out int tier, out ReadOnlySpan<BlockKey> keys)
    {
        (action, tier) = (default, 0);
        keys = default;
        if (steps.IsEmpty) return false;
        var head = steps[0];
        var count = (int)(head >> 32);
        (action, tier) = ((DeltaAction)(head & 0xFF), (int)((head >> 8) & 0xFF));
        if (count < 0 || count > steps.Length - 1 || action > DeltaAction.Drop || tier >= HolderTag.Tiers) return false;
        keys = MemoryMarshal.Cast<ulong, BlockKey>(steps.Slice(1, count));
        steps = steps[(1 + count)..];
        return true;
    }
}
