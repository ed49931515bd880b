using System.Numerics;
using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.Slices.Walks;

/// <summary>
/// A walk between silos. The question: a word with a bit for each slice that is meant, a word with the chain's length, for each of these slices a word
/// with how many of the chain's keys lie in it, then these keys, slice by slice, and their places in the chain, 32 bits each, in as many words as they fill. The answer: a
/// word with a bit for each of these slices that is not there, a word with the place of the first block that was looked at, then
/// for each holder that has it its engine, and a word with its tier in bits 32–63 and the place of its first missing block below.
/// 64-bit words, little-endian.
/// </summary>
internal static class WalkWire
{
    private const int HeaderWords = 2;

    /// <param name="slices">Slices that have some of the keys.</param>
    /// <param name="split">The chain.</param>
    /// <param name="length">Its length.</param>
    public static byte[] Ask(ulong slices, KeySplit split, int length)
    {
        var count = 0;
        for (var left = slices; left != 0; left &= left - 1) count += split.KeysOf(BitOperations.TrailingZeroCount(left)).Length;
        var counts = HeaderWords + BitOperations.PopCount(slices);
        var question = GC.AllocateUninitializedArray<byte>((counts + count + WordsOfPlaces(count)) * sizeof(ulong));
        var words = MemoryMarshal.Cast<byte, ulong>(question.AsSpan());
        // An odd number of places leaves half a word.
        words[^1] = 0;
        (words[0], words[1]) = (slices, (ulong)length);
        var keys = words.Slice(counts, count);
        var places = MemoryMarshal.Cast<ulong, int>(words[(counts + count)..]);
        var at = HeaderWords;
        for (var left = slices; left != 0; left &= left - 1)
        {
            var slice = BitOperations.TrailingZeroCount(left);
            var here = split.KeysOf(slice);
            words[at++] = (ulong)here.Length;
            MemoryMarshal.Cast<BlockKey, ulong>(here).CopyTo(keys);
            split.PlacesOf(slice).CopyTo(places);
            keys = keys[here.Length..];
            places = places[here.Length..];
        }

        return question;
    }

    /// <summary>Makes <paramref name="split"/> what a question asks for. False where the bytes are no question.</summary>
    /// <param name="question">The bytes.</param>
    /// <param name="split">What of the chain lies in the slices that are meant.</param>
    /// <param name="slices">Slices that are meant.</param>
    /// <param name="length">The chain's length.</param>
    public static bool TryRead(ReadOnlySpan<byte> question, KeySplit split, out ulong slices, out int length)
    {
        (slices, length) = (0, 0);
        var words = MemoryMarshal.Cast<byte, ulong>(question);
        if (question.Length % sizeof(ulong) != 0 || words.Length < HeaderWords || words[1] > int.MaxValue) return false;
        var counts = BitOperations.PopCount(words[0]);
        if (words.Length < HeaderWords + counts) return false;
        var count = 0UL;
        foreach (var here in words.Slice(HeaderWords, counts))
        {
            // No silo asks for a slice that has none of the keys: a walk of no keys has no first one.
            if (here == 0 || (count += here) > (ulong)words.Length) return false;
        }

        var rest = words[(HeaderWords + counts)..];
        if ((ulong)rest.Length != count + (ulong)WordsOfPlaces((int)count)) return false;
        var keys = MemoryMarshal.Cast<ulong, BlockKey>(rest[..(int)count]);
        var places = MemoryMarshal.Cast<ulong, int>(rest[(int)count..])[..(int)count];
        foreach (var place in places)
        {
            if ((uint)place >= words[1]) return false;
        }

        (slices, length) = (words[0], (int)words[1]);
        split.Fill(slices, words.Slice(HeaderWords, counts), keys, places);
        return true;
    }

    public static byte[] Answer(ulong absent, FirstMissing found, HolderNumbers numbers)
    {
        var answer = GC.AllocateUninitializedArray<byte>((HeaderWords + (2 * found.Holders.Length)) * sizeof(ulong));
        var words = MemoryMarshal.Cast<byte, ulong>(answer.AsSpan());
        (words[0], words[1]) = (absent, (ulong)found.First);
        var at = HeaderWords;
        foreach (var holder in found.Holders)
        {
            var tag = numbers.TagOf(new HolderId(holder));
            words[at++] = tag.Engine.Value;
            words[at++] = ((ulong)tag.Tier << 32) | (uint)found.PlaceOf(holder);
        }

        return answer;
    }

    /// <summary>Adds an answer to <paramref name="found"/>, which is empty; holders that nobody here knows are left out. False where it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> answer, HolderNumbers numbers, FirstMissing found, out ulong absent)
    {
        absent = 0;
        var words = MemoryMarshal.Cast<byte, ulong>(answer);
        if (words.Length < HeaderWords || words.Length % 2 != 0) return false;
        absent = words[0];
        found.Reset((int)words[1]);
        for (var at = HeaderWords; at < words.Length; at += 2)
        {
            var (tier, place) = ((int)(words[at + 1] >> 32), (int)(uint)words[at + 1]);
            if (numbers.Find(new HolderTag(new EngineId(words[at]), tier)) is { } holder) found.Add(holder.Value, place);
        }

        return true;
    }

    private static int WordsOfPlaces(int count) => (count + 1) / 2;
}
