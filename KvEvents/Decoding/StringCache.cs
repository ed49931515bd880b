using System.Text;

namespace OrleansKvRouter.KvEvents.Decoding;

/// <summary>
/// Strings that keep coming back (media, adapter names, attention kinds), by their UTF-8 bytes: only a string not
/// seen lately is allocated. Direct-mapped and of fixed size, so that nobody's names can make it grow. For one
/// thread at a time.
/// </summary>
internal sealed class StringCache
{
    private const int Slots = 256;
    private const int LongestKept = 256;

    private readonly (byte[] Utf8, string Text)[] _slots = new (byte[], string)[Slots];

    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > LongestKept) return Encoding.UTF8.GetString(utf8);
        var hash = (uint)utf8.Length;
        foreach (var part in utf8) hash = (hash ^ part) * 16777619;
        ref var slot = ref _slots[(hash ^ (hash >> 16)) % Slots];
        if (slot.Utf8 is null || !utf8.SequenceEqual(slot.Utf8)) slot = (utf8.ToArray(), Encoding.UTF8.GetString(utf8));
        return slot.Text;
    }
}
