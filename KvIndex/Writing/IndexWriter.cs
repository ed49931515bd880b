using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Blocks;
using OrleansKvRouter.KvIndex.Holders;

namespace OrleansKvRouter.KvIndex.Writing;

/// <summary>The writer's side: changes entries, whole runs at a time, and keeps every count in step with them. One thread at a time.</summary>
internal sealed unsafe class IndexWriter(BlockLog log, HolderSets sets, HolderRegistry holders, CopyCounts copies)
{
    /// <summary>(holder, block) pairs.</summary>
    public long Memberships { get; private set; }

    /// <summary>Pairs that were dropped to keep the index within its bound.</summary>
    public long Dropped { get; private set; }

    public void Store(Holder holder, ReadOnlySpan<BlockKey> keys)
    {
        var alone = sets.With(HolderSets.Empty, holder.Tag);
        var appended = 0;
        var cursor = BlockCursor.ForStoring(log, keys, holder.StoresScattered);
        for (var i = 0; i < keys.Length;)
        {
            if (cursor.MoveTo(i))
            {
                var run = RunAt(cursor, i, keys.Length);
                Add(holder, keys.Slice(i, run), cursor.Position, cursor.Word);
                cursor.Skip(run - 1);
                i += run;
            }
            else
            {
                cursor.Append(i++, alone);
                appended++;
            }
        }

        sets.AddReferences(alone, appended);
        Count(holder, appended);
        holder.StoresScattered = cursor.IsScattered;
    }

    public int Remove(Holder holder, ReadOnlySpan<BlockKey> keys)
    {
        var had = 0;
        var cursor = BlockCursor.ForRemoving(log, keys, holder.RemovesScattered);
        for (var i = 0; i < keys.Length;)
        {
            if (!cursor.MoveTo(i))
            {
                i++;
                continue;
            }

            var run = RunAt(cursor, i, keys.Length);
            had += Take(holder, keys.Slice(i, run), cursor.Position, cursor.Word);
            cursor.Skip(run - 1);
            i += run;
        }

        holder.RemovesScattered = cursor.IsScattered;
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
    /// Stores blocks that all have the same holders: what a snapshot consists of. Blocks that the index has already get
    /// the holders that they lack.
    /// </summary>
    /// <param name="set">The holders' set.</param>
    /// <param name="members">The same holders.</param>
    /// <param name="keys">Any blocks, none twice.</param>
    public void StoreShared(uint set, ReadOnlySpan<Holder> members, ReadOnlySpan<BlockKey> keys)
    {
        var appended = 0;
        var cursor = BlockCursor.ForStoring(log, keys, isScattered: true);
        for (var i = 0; i < keys.Length; i++)
        {
            if (cursor.MoveTo(i))
            {
                foreach (var member in members) AddOnce(member, cursor.Position);
                continue;
            }

            cursor.Append(i, set);
            appended++;
        }

        sets.AddReferences(set, appended);
        foreach (var member in members) Count(member, appended);
    }

    /// <summary>
    /// Takes retired tags out of a written entry's set. Whoever touches an entry does so first: no set with a retired tag
    /// is ever made, and the sweep need not look at what was written after it began. Returns its word.
    /// </summary>
    public uint Clean(uint position)
    {
        var word = log.Words[position];
        var cleaned = Cleaned(word, position, 1);
        if (cleaned != word) Change(position, 1, word, cleaned);
        return cleaned;
    }

    /// <summary>Takes a block from all its holders, to make room.</summary>
    public void Drop(uint position)
    {
        var word = Clean(position);
        if (BlockWord.SetOf(word) == HolderSets.Empty) return;
        log.BeforeChange(position);
        var set = sets[BlockWord.SetOf(word)];
        for (var i = 0; i < set.Count; i++)
        {
            for (var tags = set.Words[i]; tags != 0; tags &= tags - 1)
            {
                var tag = HolderSet.LowestTag(set.Places[i], tags);
                if (holders.HolderOf(tag) is not { } holder) continue;
                if ((word & BlockWord.HasCopies) != 0) copies.Forget(log.Keys[position], tag);
                holder.Dropped++;
                Dropped++;
                Count(holder, -1);
            }
        }

        Change(position, 1, word, HolderSets.Empty);
    }

    private int RunAt(in BlockCursor cursor, int i, int end) => cursor.CountSameWord(i, Math.Min(end - i, log.LeftInChunk(cursor.Position)));

    private void Add(Holder holder, ReadOnlySpan<BlockKey> keys, uint position, uint word)
    {
        var cleaned = Cleaned(word, position, keys.Length);
        var from = BlockWord.SetOf(cleaned);
        var flags = (cleaned & BlockWord.HasCopies) | (from == HolderSets.Empty ? 0 : BlockWord.IsRenewed);

        // The first copy is a tag in the set, the second another one; further ones are counted.
        var to = sets.With(from, holder.Tag);
        if (to != from)
        {
            Count(holder, keys.Length);
        }
        else if ((to = sets.With(from, holders.CopyTagOf(holder))) == from)
        {
            flags |= BlockWord.HasCopies;
            log.BeforeChange(position);
            foreach (var key in keys) copies.Add(key.Value, holder.Tag);
        }

        Change(position, keys.Length, word, to | flags);
    }

    private void AddOnce(Holder holder, uint position)
    {
        var word = Clean(position);
        var to = sets.With(BlockWord.SetOf(word), holder.Tag);
        if (to == BlockWord.SetOf(word)) return;
        Change(position, 1, word, to | (word & BlockWord.Flags));
        Count(holder, 1);
    }

    private int Take(Holder holder, ReadOnlySpan<BlockKey> keys, uint position, uint word)
    {
        var cleaned = Cleaned(word, position, keys.Length);
        var from = BlockWord.SetOf(cleaned);
        var isCopy = true;
        var to = holder.CopyTag == Holder.NoTag ? from : sets.Without(from, holder.CopyTag);
        if (to == from) (to, isCopy) = (sets.Without(from, holder.Tag), false);
        if (to == from)
        {
            Change(position, keys.Length, word, cleaned);
            return 0;
        }

        var changed = to == HolderSets.Empty ? to : to | (cleaned & BlockWord.Flags);
        if (isCopy && (cleaned & BlockWord.HasCopies) != 0)
        {
            log.BeforeChange(position);
            for (var i = 0; i < keys.Length; i++) Change(position + (uint)i, 1, word, copies.TryTake(keys[i].Value, holder.Tag) ? cleaned : changed);
        }
        else
        {
            Change(position, keys.Length, word, changed);
        }

        if (!isCopy) Count(holder, -keys.Length);
        return keys.Length;
    }

    /// <summary>What a run's word is without retired tags; their copies are forgotten.</summary>
    private uint Cleaned(uint word, uint position, int count)
    {
        var from = BlockWord.SetOf(word);
        if (holders.Retired == 0 || from == HolderSets.Empty) return word;
        var to = sets.Without(from, holders.RetiredTags);
        if (to == from) return word;
        if ((word & BlockWord.HasCopies) != 0)
        {
            log.BeforeChange(position);
            for (var i = 0; i < count; i++) ForgetCopies(log.Keys[position + i], sets[from]);
        }

        return to == HolderSets.Empty ? to : to | (word & BlockWord.Flags);
    }

    private void ForgetCopies(ulong key, HolderSet set)
    {
        var retired = holders.RetiredTags;
        for (var i = 0; i < set.Count; i++)
        {
            var place = set.Places[i];
            for (var tags = set.Words[i] & retired[place]; tags != 0; tags &= tags - 1) copies.Forget(key, HolderSet.LowestTag(place, tags));
        }
    }

    private void Change(uint position, int count, uint from, uint to)
    {
        if (from == to) return;
        log.Change(position, count, from, to);
        sets.Exchange(BlockWord.SetOf(from), BlockWord.SetOf(to), count);
    }

    private void Count(Holder holder, int blocks)
    {
        holder.Blocks += blocks;
        Memberships += blocks;
    }
}
