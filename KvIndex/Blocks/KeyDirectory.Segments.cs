using System.Runtime.CompilerServices;

namespace OrleansKvRouter.KvIndex.Blocks;

/// <summary>How segments come, are divided and joined, and go.</summary>
internal sealed unsafe partial class KeyDirectory
{
    private void Rebuild(int number, ulong hash)
    {
        var (to, depth) = (Take(), _segments[number].Depth);
        Copy(number, to);
        Publish(to, depth, hash);
        GiveBack(number);
    }

    /// <summary>Every key of a segment goes to one of two by the next bit of its hash.</summary>
    private void Split(int number, ulong hash)
    {
        var depth = _segments[number].Depth;
        var (low, high) = (Take(), Take());
        Divide(number, low, high, 63 - depth);
        _segments[low].Depth = _segments[high].Depth = depth + 1;

        var top = _top;
        if (1 << depth == top.Length)
        {
            if (depth >= 19) throw new InsufficientMemoryException("the index holds more blocks than its directory can tell apart; bound it");
            var doubled = new int[top.Length * 2];
            for (var i = 0; i < doubled.Length; i++) doubled[i] = top[i / 2];
            top = doubled;
        }

        var (first, count) = Places(top, hash, depth);
        for (var i = 0; i < count; i++) Volatile.Write(ref top[first + i], i < count / 2 ? low : high);
        _top = top;
        GiveBack(number);
    }

    /// <summary>Joins a segment with the one that it was split from, where both are nearly empty.</summary>
    private void TryJoin(int number, ulong hash)
    {
        var depth = _segments[number].Depth;
        if (depth == 0) return;
        var sibling = SegmentOf(_top, hash ^ (1UL << (64 - depth)));
        if (sibling == number || _segments[sibling].Depth != depth || _segments[sibling].Live + _segments[number].Live > MaxJoined) return;

        var to = Take();
        Copy(number, to);
        Copy(sibling, to);
        Publish(to, depth - 1, hash);
        GiveBack(number);
        GiveBack(sibling);
    }

    /// <summary>Makes a segment that of all keys that begin with so many bits of the hash.</summary>
    private void Publish(int number, int depth, ulong hash)
    {
        _segments[number].Depth = depth;
        var (first, count) = Places(_top, hash, depth);
        for (var i = 0; i < count; i++) Volatile.Write(ref _top[first + i], number);
    }

    private void Copy(int from, int to)
    {
        var slots = _slots + ((long)from * SegmentSlots);
        for (var i = 0; i < SegmentSlots; i++)
        {
            if (IsKey(slots[i])) Place(to, slots[i]);
        }
    }

    /// <summary>
    /// Copies the keys of a segment into two empty ones by a bit of their hashes. A key's line has the same number there, so
    /// a whole line is divided at a time without a branch for each key, and only keys that stand behind their line are looked at one by one.
    /// </summary>
    [SkipLocalsInit]
    private void Divide(int from, int low, int high, int bit)
    {
        var slots = _slots + ((long)from * SegmentSlots);
        var lowSlots = _slots + ((long)low * SegmentSlots);
        var highSlots = _slots + ((long)high * SegmentSlots);
        var (lowCount, highCount) = (0, 0);
        var strays = stackalloc ulong[SegmentSlots];
        var strayCount = 0;
        for (var line = 0; line < SegmentSlots; line += LineSlots)
        {
            var (lows, highs) = (0, 0);
            for (var i = line; i < line + LineSlots; i++)
            {
                var slot = slots[i];
                var isKey = AsBit(IsKey(slot));
                var isHome = isKey & AsBit(((slot >> 32) & LineMask) * LineSlots == (ulong)line);
                var isHigh = isHome & (int)(slot >> bit);
                lowSlots[line + lows] = highSlots[line + highs] = strays[strayCount] = slot;
                lows += isHome - isHigh;
                highs += isHigh;
                strayCount += isKey - isHome;
            }

            // What was written last need not belong there.
            if (lows < LineSlots) lowSlots[line + lows] = 0;
            if (highs < LineSlots) highSlots[line + highs] = 0;
            lowCount += lows;
            highCount += highs;
        }

        _segments[low].Live = _segments[low].Taken = lowCount;
        _segments[high].Live = _segments[high].Taken = highCount;
        for (var i = 0; i < strayCount; i++) Place((strays[i] >> bit & 1) != 0 ? high : low, strays[i]);
    }

    /// <summary>Puts a key into a segment that nobody searches yet.</summary>
    private void Place(int segment, ulong slot)
    {
        *FreeSlot(segment, (uint)(slot >> 32), out _) = slot;
        _segments[segment].Live++;
        _segments[segment].Taken++;
    }

    /// <summary>An empty segment.</summary>
    private int Take()
    {
        if (!_free.TryPop(out var number))
        {
            number = _count++;
            _memory.Extend((long)_count * SegmentBytes);
            if (number == _segments.Length) Array.Resize(ref _segments, number * 2);
            _segments[number] = default;
            _resident++;
            return number;
        }

        if (_segments[number].IsGivenBack) _resident++;
        else new Span<ulong>(_slots + ((long)number * SegmentSlots), SegmentSlots).Clear();
        _segments[number] = default;
        return number;
    }

    /// <summary>No search that starts now comes to the segment; those that are under way see that the epoch has changed.</summary>
    private void GiveBack(int number)
    {
        _epoch.Advance();
        _free.Push(number);
        if (_free.Count <= MaxSpare) return;
        _memory.GiveBack((long)number * SegmentBytes, SegmentBytes);
        _segments[number].IsGivenBack = true;
        _resident--;
    }
}
