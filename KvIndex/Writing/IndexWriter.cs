using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Blocks;
using OrleansKvRouter.KvIndex.Holders;

namespace OrleansKvRouter.KvIndex.Writing;

/// <summary>The writer's side: changes entries and keeps every count in step with them. One thread at a time.</summary>
internal sealed class IndexWriter(BlockTable blocks, HolderSets sets, HolderRegistry holders, CopyCounts copies)
{
    /// <summary>(holder, block) pairs.</summary>
    public long Memberships { get; private set; }

    public void Store(Holder holder, ReadOnlySpan<BlockKey> keys)
    {
        var cursor = new BlockCursor(blocks, keys);
        for (var i = 0; i < keys.Length; i++)
        {
            if (cursor.MoveTo(i))
            {
                var from = Clean(ref cursor.Entry, cursor.Position);
                var to = holder.AddTo(from, sets);
                if (ReferenceEquals(to, from))
                {
                    blocks.BeforeChange(cursor.Position);
                    copies.Add(keys[i].Value, holder.Tag);
                    cursor.Entry.HasCopies = 1;
                    continue;
                }

                Change(ref cursor.Entry, cursor.Position, from, to);
            }
            else
            {
                var to = holder.AddTo(sets[HolderSets.Empty], sets);
                HolderSets.AddReference(to);
                cursor.Append(i, to.Id);
            }

            holder.Blocks++;
            Memberships++;
        }
    }

    public int Remove(Holder holder, ReadOnlySpan<BlockKey> keys)
    {
        var had = 0;
        var cursor = new BlockCursor(blocks, keys);
        for (var i = 0; i < keys.Length; i++)
        {
            if (!cursor.MoveTo(i)) continue;
            var from = Clean(ref cursor.Entry, cursor.Position);
            var to = holder.RemoveFrom(from, sets);
            if (ReferenceEquals(to, from)) continue;
            had++;
            if (cursor.Entry.HasCopies != 0 && TryTakeCopy(keys[i].Value, holder, cursor.Position)) continue;
            Change(ref cursor.Entry, cursor.Position, from, to);
            holder.Blocks--;
            Memberships--;
        }

        return had;
    }

    public void Clear(Holder holder)
    {
        Memberships -= holder.Blocks;
        holders.Clear(holder);
        sets.Forget();
    }

    public void RemoveHolder(Holder holder)
    {
        Memberships -= holder.Blocks;
        holders.Remove(holder);
        sets.Forget();
    }

    /// <summary>
    /// Takes retired tags out of an entry's set. Whoever touches an entry does so first: no set with a retired tag
    /// is ever made, and the sweep need not look at what was written after it began.
    /// </summary>
    public HolderSet Clean(ref BlockEntry entry, uint position)
    {
        var from = sets[entry.Set];
        if (holders.Retired == 0 || from.Id == HolderSets.Empty) return from;

        if (from.CleanedAt != sets.Version)
        {
            from.CleanedAs = sets.Without(from, holders.RetiredTags).Id;
            from.CleanedAt = sets.Version;
        }

        if (from.CleanedAs == from.Id) return from;
        var to = sets[from.CleanedAs];
        if (entry.HasCopies != 0) ForgetCopies(entry.Key, position, from);
        Change(ref entry, position, from, to);
        return to;
    }

    /// <summary>
    /// Stores blocks that all have the same holders: what a snapshot consists of. Blocks that the index has already get
    /// the holders that they lack.
    /// </summary>
    /// <param name="set">The holders' set.</param>
    /// <param name="members">The same holders.</param>
    /// <param name="keys">Any blocks, none twice.</param>
    public void StoreShared(HolderSet set, ReadOnlySpan<Holder> members, ReadOnlySpan<BlockKey> keys)
    {
        var appended = 0;
        var cursor = new BlockCursor(blocks, keys);
        for (var i = 0; i < keys.Length; i++)
        {
            if (cursor.MoveTo(i))
            {
                foreach (var member in members) Add(member, ref cursor.Entry, cursor.Position);
                continue;
            }

            HolderSets.AddReference(set);
            cursor.Append(i, set.Id);
            appended++;
        }

        foreach (var member in members) member.Blocks += appended;
        Memberships += (long)appended * members.Length;
    }

    private void Add(Holder holder, ref BlockEntry entry, uint position)
    {
        var from = Clean(ref entry, position);
        var to = holder.AddTo(from, sets);
        if (ReferenceEquals(to, from)) return;
        Change(ref entry, position, from, to);
        holder.Blocks++;
        Memberships++;
    }

    private bool TryTakeCopy(ulong key, Holder holder, uint position)
    {
        blocks.BeforeChange(position);
        return copies.TryTake(key, holder.Tag);
    }

    private void ForgetCopies(ulong key, uint position, HolderSet set)
    {
        blocks.BeforeChange(position);
        var retired = holders.RetiredTags;
        for (var i = set.First; i < set.End; i++)
        {
            for (var tags = set.WordAt(i) & retired[i]; tags != 0; tags &= tags - 1) copies.Forget(key, HolderSet.LowestTag(i, tags));
        }
    }

    private void Change(ref BlockEntry entry, uint position, HolderSet from, HolderSet to)
    {
        HolderSets.AddReference(to);
        blocks.Change(ref entry, position, to.Id);
        sets.Release(from);
    }
}
