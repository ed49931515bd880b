using System.Numerics;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Blocks;

namespace OrleansKvRouter.KvIndex.Holders;

/// <summary>
/// The holders, and the tags that stand for them in holder sets. Clearing or removing a holder only retires its tag:
/// from then on no walk translates it. A tag is issued again in a later epoch only. One writer; readers ask
/// <see cref="OwnerOf"/> alone.
/// </summary>
internal sealed class HolderRegistry(Epoch epoch)
{
    private const int NoOwner = -1;

    private readonly Stack<int> _freeNumbers = new();
    private readonly Stack<int> _freeTags = new();
    private readonly List<(int Tag, Holder Holder)> _retired = [];
    private readonly List<Holder?> _byNumber = [];
    private volatile int[] _owners = [];
    private ulong[] _retiredTags = [];
    private int _tags;

    /// <summary>Tags that are still in sets although no holder has them.</summary>
    public int Retired => _retired.Count;

    /// <summary>The same tags as words of 64.</summary>
    public ReadOnlySpan<ulong> RetiredTags => _retiredTags;

    /// <summary>The holder of that number; throws when the index has not issued it or has taken it back.</summary>
    public Holder this[HolderId id] =>
        (uint)id.Value < (uint)_byNumber.Count && _byNumber[id.Value] is { IsRemoved: false } holder
            ? holder
            : throw new ArgumentException($"the index has no holder {id.Value}", nameof(id));

    /// <summary>The number of the holder that has the tag now, or a negative one. For readers, whose tag may be of no use.</summary>
    public int OwnerOf(int tag)
    {
        var owners = _owners;
        return (uint)tag < (uint)owners.Length ? Volatile.Read(ref owners[tag]) : NoOwner;
    }

    /// <summary>The numbers of all tags' holders, by tag, as they are now; negative where a tag has none.</summary>
    public int[] CaptureOwners() => _owners.AsSpan(0, _tags).ToArray();

    /// <summary>By tag that stands for blocks which a holder has twice, the holder's tag; negative for other tags.</summary>
    public int[] CaptureCopyTags()
    {
        var tags = new int[_tags];
        Array.Fill(tags, Holder.NoTag);
        foreach (var holder in _byNumber)
        {
            if (holder is { IsRemoved: false, CopyTag: not Holder.NoTag }) tags[holder.CopyTag] = holder.Tag;
        }

        return tags;
    }

    /// <summary>The holder that has the tag now; null for one that stands for copies. For the writer.</summary>
    public Holder? HolderOf(int tag) => _owners[tag] >= 0 ? _byNumber[_owners[tag]] : null;

    public Holder Add()
    {
        if (!_freeNumbers.TryPop(out var number))
        {
            number = _byNumber.Count;
            _byNumber.Add(null);
        }

        var holder = new Holder(number, IssueTag(number));
        _byNumber[number] = holder;
        return holder;
    }

    /// <summary>The tag that stands for blocks that a holder has twice.</summary>
    public int CopyTagOf(Holder holder) => holder.CopyTag != Holder.NoTag ? holder.CopyTag : holder.CopyTag = IssueTag(NoOwner);

    /// <summary>Takes all blocks from a holder, which stays, with a tag of its own.</summary>
    public void Clear(Holder holder)
    {
        Retire(holder);
        holder.Tag = IssueTag(holder.Number);
    }

    public void Remove(Holder holder)
    {
        holder.IsRemoved = true;
        if (holder.Blocks > 0)
        {
            Retire(holder);
            return;
        }

        Volatile.Write(ref _owners[holder.Tag], NoOwner);
        if (holder.CopyTag != Holder.NoTag) _freeTags.Push(holder.CopyTag);
        GiveBack(holder.Tag, holder);
        epoch.Advance();
    }

    /// <summary>Gives back the first <paramref name="count"/> retired tags, which are in no set any more.</summary>
    public void GiveBackRetired(int count)
    {
        foreach (var (tag, holder) in _retired.Take(count))
        {
            _retiredTags[tag >> 6] &= ~(1UL << (tag & 63));
            holder.RetiredTags--;
            GiveBack(tag, holder);
        }

        _retired.RemoveRange(0, count);
        epoch.Advance();
    }

    private void Retire(Holder holder)
    {
        Volatile.Write(ref _owners[holder.Tag], NoOwner);
        RetireTag(holder.Tag, holder);
        if (holder.CopyTag != Holder.NoTag) RetireTag(holder.CopyTag, holder);
        (holder.CopyTag, holder.Blocks) = (Holder.NoTag, 0);
    }

    private void RetireTag(int tag, Holder holder)
    {
        _retiredTags[tag >> 6] |= 1UL << (tag & 63);
        _retired.Add((tag, holder));
        holder.RetiredTags++;
    }

    private void GiveBack(int tag, Holder holder)
    {
        _freeTags.Push(tag);
        if (!holder.IsRemoved || holder.RetiredTags > 0) return;
        _byNumber[holder.Number] = null;
        _freeNumbers.Push(holder.Number);
    }

    private int IssueTag(int number)
    {
        if (!_freeTags.TryPop(out var tag)) tag = _tags++;
        if (tag >= _owners.Length)
        {
            var owners = new int[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(64, tag + 1))];
            Array.Fill(owners, NoOwner);
            _owners.CopyTo(owners, 0);
            Array.Resize(ref _retiredTags, owners.Length >> 6);
            _owners = owners;
        }

        Volatile.Write(ref _owners[tag], number);
        return tag;
    }
}
