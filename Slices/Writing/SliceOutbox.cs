using System.Buffers;
using System.Runtime.InteropServices;
using OrleansKvRouter.Slices.Hosting;
using OrleansKvRouter.Slices.Wire;

namespace OrleansKvRouter.Slices.Writing;

/// <summary>
/// Deltas on their way to one slice, put together into pages, and the journal of the pages sent: a slice that was lost and is
/// loaded again from a snapshot gets from here what came after it. Any thread.
/// </summary>
/// <param name="slice">Its number.</param>
/// <param name="send">Sends a page; does not wait.</param>
/// <param name="options">Bounds.</param>
/// <param name="time">The clock.</param>
internal sealed class SliceOutbox(int slice, Action<int, byte[]> send, SlicedIndexOptions options, TimeProvider time)
{
    private readonly Lock _changing = new();
    private readonly ArrayBufferWriter<byte> _page = new();
    private readonly Queue<(byte[] Page, long Sent)> _journal = new();
    private long _journalBytes;

    /// <summary>Called when the first delta of a page was added.</summary>
    public Action? Begun { get; set; }

    public void Append(ReadOnlySpan<ulong> header, ReadOnlySpan<ulong> steps)
    {
        bool begun;
        lock (_changing)
        {
            begun = _page.WrittenCount == 0;
            _page.Write(MemoryMarshal.AsBytes(header));
            _page.Write(MemoryMarshal.AsBytes(steps));
            if (_page.WrittenCount >= options.PageBytes) FlushPage();
        }

        if (begun) Begun?.Invoke();
    }

    /// <summary>Sends what there is.</summary>
    public void Flush()
    {
        lock (_changing)
        {
            if (_page.WrittenCount > 0) FlushPage();
            while (_journal.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Sent) > options.JournalAge) DropOldest();
        }
    }

    /// <summary>
    /// What a slice lacks of an engine that is behind, as a page; empty where it lacks nothing, null where the journal does not reach back.
    /// </summary>
    /// <param name="check">How far the engine is.</param>
    /// <param name="position">How far the slice is with it.</param>
    public byte[]? Since(in EngineCheck check, EnginePosition position)
    {
        lock (_changing)
        {
            if (_page.WrittenCount > 0) FlushPage();
            if (position >= check.Sent) return [];
            var missing = new ArrayBufferWriter<byte>();
            var reaches = false;
            foreach (var (page, _) in _journal)
            {
                var words = MemoryMarshal.Cast<byte, ulong>(page);
                while (true)
                {
                    var at = words;
                    if (!Delta.TryTake(ref words, out var delta)) break;
                    if (delta.Engine != check.Engine || delta.Epoch != check.Sent.Epoch) continue;
                    if (position.Epoch == delta.Epoch && delta.Sequence <= position.Sequence) continue;
                    reaches |= delta.BeginsEpoch || (position.Epoch == delta.Epoch && delta.After <= position.Sequence);
                    if (!reaches) return null;
                    missing.Write(MemoryMarshal.AsBytes(at[..^words.Length]));
                }
            }

            return reaches ? missing.WrittenSpan.ToArray() : null;
        }
    }

    private void FlushPage()
    {
        var page = _page.WrittenSpan.ToArray();
        _page.ResetWrittenCount();
        _journal.Enqueue((page, time.GetTimestamp()));
        _journalBytes += page.Length;
        while (_journalBytes > options.JournalBytes / options.Slices && _journal.Count > 1) DropOldest();
        // Under the lock, so that pages go in order.
        send(slice, page);
    }

    private void DropOldest() => _journalBytes -= _journal.Dequeue().Page.Length;
}
