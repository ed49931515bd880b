using System.Data;
using Npgsql;
using OrleansKvRouter.KvIndex.Snapshots;

namespace OrleansKvRouter.Storage.Postgres;

/// <summary>Reads ranges of a blob, each with a connection of its own, straight into the caller's memory.</summary>
internal sealed class PostgresBlobReader(PostgresDatabase database, string what, long blob, long length, int partBytes) : ISnapshotBlobReader
{
    public long Length => length;

    public void Read(long offset, Span<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        if (offset < 0 || offset > length - bytes.Length) throw EndsTooSoon();
        try
        {
            using var connection = database.Connect();
            while (!bytes.IsEmpty)
            {
                var fits = Math.Min(bytes.Length, partBytes - (int)(offset % partBytes));
                ReadPart(connection, offset, bytes[..fits]);
                offset += fits;
                bytes = bytes[fits..];
            }
        }
        catch (NpgsqlException e)
        {
            throw database.Failure(what, e);
        }
    }

    public void Dispose()
    {
    }

    private void ReadPart(NpgsqlConnection connection, long offset, Span<byte> bytes)
    {
        // SQL counts bytes from 1.
        using var command = connection.Prepared(
            "select substring(bytes from $3 for $4) from kvrouter.part where blob = $1 and number = $2", blob, (int)(offset / partBytes), (int)(offset % partBytes) + 1, bytes.Length);
        using var rows = command.ExecuteReader(CommandBehavior.SequentialAccess);
        if (!rows.Read()) throw EndsTooSoon();
        using var part = rows.GetStream(0);
        if (part.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw EndsTooSoon();
    }

    private EndOfStreamException EndsTooSoon() => new($"{what} in {database.Name} ends too soon");
}
