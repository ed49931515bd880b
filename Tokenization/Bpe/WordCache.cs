using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OrleansKvRouter.Tokenization.Bpe;

/// <summary>
/// Ids of the words met lately: 2^16 slots of 64 bytes (4 MB, never more), two of them for a word to be in.
/// <para>
/// Concurrency: any thread reads and writes. A slot's version is odd while it is written and grows with each write; a
/// reader that sees an odd or a changed version has a miss, a writer that meets another one gives up. Nobody waits.
/// </para>
/// </summary>
internal sealed class WordCache
{
    /// <summary>Most ids that a word in the cache has.</summary>
    public const int MaxIds = 8;

    private const int Bits = 16;
    private readonly Slot[] _slots = new Slot[1 << Bits];

    /// <summary>Appends the ids of <paramref name="word"/>; false where it is not in the cache.</summary>
    public bool TryGet(in WordKey word, TokenBuffer into)
    {
        var home = Home(word);
        return TryGet(ref _slots[home], word, into) || TryGet(ref _slots[home ^ 1], word, into);
    }

    /// <summary>Keeps the ids of a word, <see cref="MaxIds"/> at most, in place of an older word's.</summary>
    public void Put(in WordKey word, ReadOnlySpan<uint> ids)
    {
        var home = Home(word);
        ref var slot = ref _slots[home];
        if (slot.WordLength != 0) slot = ref _slots[home ^ 1];
        var version = Volatile.Read(ref slot.Version);
        if ((version & 1) != 0 || Interlocked.CompareExchange(ref slot.Version, version + 1, version) != version) return;
        slot.WordLength = (byte)word.Length;
        slot.IdCount = (byte)ids.Length;
        (slot.First, slot.Second, slot.Third) = (word.First, word.Second, word.Third);
        Span<uint> padded = stackalloc uint[MaxIds];
        ids.CopyTo(padded);
        slot.Ids = Vector256.Create<uint>(padded);
        Volatile.Write(ref slot.Version, version + 2);
    }

    private static bool TryGet(ref Slot slot, in WordKey word, TokenBuffer into)
    {
        var version = Volatile.Read(ref slot.Version);
        var isSame = slot.First == word.First && slot.Second == word.Second && slot.Third == word.Third && slot.WordLength == word.Length;
        if (!isSame) return false;
        int count = slot.IdCount;
        slot.Ids.CopyTo(into.Reserve(MaxIds));
        Volatile.ReadBarrier();
        if ((version & 1) != 0 || slot.Version != version) return false;
        into.Commit(count);
        return true;
    }

    private static int Home(in WordKey word)
    {
        var hash = ByteHash.Mix(word.First ^ (ulong)word.Length << 56, word.Second);
        if (word.Length > 16) hash = ByteHash.Mix(hash, word.Third);
        return (int)(hash >> (64 - Bits));
    }

    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct Slot
    {
        public uint Version;
        public byte WordLength;
        public byte IdCount;
        public ulong First;
        public ulong Second;
        public ulong Third;
        public Vector256<uint> Ids;
    }
}
