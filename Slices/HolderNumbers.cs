using System.Collections.Concurrent;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.Slices;

/// <summary>
/// One pool's holders in one silo: tag ↔ a dense small number, for as long as the silo's index or one of its slices knows the
/// holder. A number is not issued again while a walk that met it before may be under way. Any thread; readers take no lock.
/// </summary>
internal sealed class HolderNumbers(TimeProvider time)
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    private readonly Lock _changing = new();
    private readonly ConcurrentDictionary<HolderTag, int> _numbers = new();
    private readonly Queue<(int Number, long Freed)> _resting = new();
    private volatile HolderTag[] _tags = new HolderTag[16];
    private int[] _users = new int[16];
    private int _count;

    /// <summary>The number of a tag, issued if need be; to be given back with <see cref="Release"/>.</summary>
    public HolderId Acquire(HolderTag tag)
    {
        lock (_changing)
        {
            if (!_numbers.TryGetValue(tag, out var number))
            {
                number = Next();
                var tags = _tags;
                if (number >= tags.Length)
                {
                    Array.Resize(ref tags, number * 2);
                    Array.Resize(ref _users, number * 2);
                }

                tags[number] = tag;
                _tags = tags;
                _numbers[tag] = number;
            }

            _users[number]++;
            return new HolderId(number);
        }
    }

    public void Release(HolderId holder)
    {
        lock (_changing)
        {
            if (--_users[holder.Value] > 0) return;
            _numbers.TryRemove(_tags[holder.Value], out _);
            _resting.Enqueue((holder.Value, time.GetTimestamp()));
        }
    }

    /// <summary>The tag of a number that is in use.</summary>
    public HolderTag TagOf(HolderId holder) => _tags[holder.Value];

    /// <summary>The number of a tag; null where nobody here knows it.</summary>
    public HolderId? Find(HolderTag tag) => _numbers.TryGetValue(tag, out var number) ? new HolderId(number) : null;

    private int Next()
    {
        if (!_resting.TryPeek(out var oldest) || time.GetElapsedTime(oldest.Freed) < Rest) return _count++;
        _resting.Dequeue();
        return oldest.Number;
    }
}
