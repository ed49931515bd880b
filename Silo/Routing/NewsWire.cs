using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.Contracts.Sharing;

namespace OrleansKvRouter.Silo.Routing;

/// <summary>
/// A replica's news as bytes: a version, and then its fields in order, lists with their lengths before them, as <see cref="BinaryWriter"/>
/// writes them; keys as 64-bit words.
/// </summary>
internal static class NewsWire
{
    private const byte Version = 1;
    private const int NoRank = -1;

    public static byte[] Write(ReplicaNews news)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(Version);
        writer.Write(news.Replica);
        writer.Write(news.IsFull);
        writer.Write(news.SinceLast.Ticks);
        writer.Write(news.Loads.Count);
        foreach (var load in news.Loads)
        {
            writer.Write(load.Endpoint);
            writer.Write(load.Rank ?? NoRank);
            writer.Write(load.Requests);
            writer.Write(load.Tokens);
            writer.Write(load.Entered);
            writer.Write(load.EnteredBefore);
        }

        writer.Write(news.Prefixes.Count);
        foreach (var prefix in news.Prefixes)
        {
            writer.Write(prefix.Endpoint);
            writer.Write(prefix.Rank ?? NoRank);
            writer.Write(prefix.Keys.Length);
            writer.Write(MemoryMarshal.AsBytes(prefix.Keys.Span));
        }

        return bytes.ToArray();
    }

    /// <summary>False for bytes that are no news, or a newer version's.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out ReplicaNews? news)
    {
        news = null;
        using var stream = MemoryMarshal.TryGetArray(bytes, out var array) ? new MemoryStream(array.Array!, array.Offset, array.Count) : new MemoryStream(bytes.ToArray());
        using var reader = new BinaryReader(stream);
        try
        {
            if (reader.ReadByte() != Version) return false;
            var read = new ReplicaNews
            {
                Replica = reader.ReadString(),
                IsFull = reader.ReadBoolean(),
                SinceLast = new TimeSpan(reader.ReadInt64()),
                Loads = ReadList(reader, ReadLoad),
                Prefixes = ReadList(reader, ReadPrefix),
            };
            if (stream.Position != stream.Length) return false;
            news = read;
            return true;
        }
        catch (Exception e) when (e is IOException or FormatException or ArgumentException)
        {
            return false;
        }
    }

    private static ReplicaLoad ReadLoad(BinaryReader reader) =>
        new(reader.ReadString(), ReadRank(reader), reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());

    private static RoutedPrefix ReadPrefix(BinaryReader reader)
    {
        var (endpoint, rank) = (reader.ReadString(), ReadRank(reader));
        var keys = new BlockKey[Bounded(reader, reader.ReadInt32(), sizeof(ulong))];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(keys.AsSpan()));
        return new RoutedPrefix(endpoint, rank, keys);
    }

    private static int? ReadRank(BinaryReader reader) => reader.ReadInt32() is >= 0 and var rank ? rank : null;

    private static T[] ReadList<T>(BinaryReader reader, Func<BinaryReader, T> read)
    {
        // Each has a name's length and a rank at least.
        var list = new T[Bounded(reader, reader.ReadInt32(), 1 + sizeof(int))];
        for (var i = 0; i < list.Length; i++) list[i] = read(reader);
        return list;
    }

    /// <summary>A length that the bytes that are left can hold.</summary>
    private static int Bounded(BinaryReader reader, int count, int least) =>
        count >= 0 && count <= (reader.BaseStream.Length - reader.BaseStream.Position) / least ? count : throw new FormatException("a list is longer than the message");
}
