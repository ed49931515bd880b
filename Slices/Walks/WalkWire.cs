using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.Slices.Walks;

/// <summary>
/// A walk between silos. The question: a word with a bit for each slice that is meant, then the whole chain's keys. The answer: a
/// word with a bit for each of these slices that is not there, a word with the place of the first block that was looked at, then
/// for each holder that has it its engine, and a word with its tier in bits 32–63 and the place of its first missing block below.
/// 64-bit words, little-endian.
/// </summary>
internal static class WalkWire
{
    private const int HeaderWords = 2;

    public static byte[] Ask(ulong slices, ReadOnlySpan<BlockKey> keys)
    {
        var question = GC.AllocateUninitializedArray<byte>((1 + keys.Length) * sizeof(ulong));
        var words = MemoryMarshal.Cast<byte, ulong>(question.AsSpan());
        words[0] = slices;
        MemoryMarshal.Cast<BlockKey, ulong>(keys).CopyTo(words[1..]);
        return question;
    }

    /// <summary>False where the bytes are no question.</summary>
    public static bool TryRead(ReadOnlySpan<byte> question, out ulong slices, out ReadOnlySpan<BlockKey> keys)
    {
        slices = 0;
        keys = default;
        if (question.Length < sizeof(ulong) || question.Length % sizeof(ulong) != 0) return false;
        slices = MemoryMarshal.Read<ulong>(question);
        keys = MemoryMarshal.Cast<byte, BlockKey>(question[sizeof(ulong)..]);
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
}
