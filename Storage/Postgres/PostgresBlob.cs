using System.Buffers;
using Npgsql;
using OrleansKvRouter.KvIndex.Snapshots;

namespace OrleansKvRouter.Storage.Postgres;

/// <summary>
/// A blob being written, in a transaction on a connection of its own: its parts first, a few megabytes a row, and then the row that makes them a
/// blob. When the router or the server dies before the commit, the server undoes all of it.
/// </summary>
internal sealed class PostgresBlob : ISnapshotBlob
{
    /// <summary>What is in memory of a blob, here and on the server, and what a reader may take to get at one record of it.</summary>
    private const int PartBytes = 4 << 20;

    private readonly PostgresDatabase _database;
    private readonly PostgresSnapshotStore _store;
    private readonly HeldPlace _place;
    private readonly string _name;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly long _id;
    private byte[]? _part = ArrayPool<byte>.Shared.Rent(PartBytes);
    private int _filled;
    private int _parts;

    public PostgresBlob(PostgresDatabase database, PostgresSnapshotStore store, HeldPlace place, string name)
    {
        (_database, _store, _place, _name) = (database, store, place, name);
        NpgsqlConnection? connection = null;
        try
        {
            connection = database.Connect();
            _transaction = connection.BeginTransaction();
            _id = connection.Ask<long>("select nextval(pg_get_serial_sequence('kvrouter.blob', 'id'))");
            _connection = connection;
        }
        catch (NpgsqlException e)
        {
            connection?.Dispose();
            throw database.Failure(store.What(name), e);
        }
    }

    private byte[] Part => _part ?? throw new ObjectDisposedException(_name);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_filled == PartBytes) Guard(WritePart);
            var fits = Math.Min(bytes.Length, PartBytes - _filled);
            bytes[..fits].CopyTo(Part.AsSpan(_filled));
            _filled += fits;
            bytes = bytes[fits..];
        }
    }

    public void Commit() => Guard(() =>
    {
        var length = ((long)_parts * PartBytes) + _filled;
        if (_filled > 0) WritePart();
        _store.Check(_connection, _name);
        _connection.Execute("delete from kvrouter.blob where place = $1 and name = $2", _place.Id, _name);
        _connection.Execute("insert into kvrouter.blob (id, place, name, length, part_bytes) values ($1, $2, $3, $4, $5)", _id, _place.Id, _name, length, PartBytes);
        _transaction.Commit();
        Dispose();
    });

    public void Dispose()
    {
        if (_part is null) return;
        ArrayPool<byte>.Shared.Return(_part);
        _part = null;
        _transaction.Dispose();
        _connection.Dispose();
    }

    private void WritePart()
    {
        _connection.Execute("insert into kvrouter.part (blob, number, bytes) values ($1, $2, $3)", _id, _parts++, new ArraySegment<byte>(Part, 0, _filled));
        _filled = 0;
    }

    private void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (NpgsqlException e)
        {
            // It can only begin anew: nothing more goes into a transaction that has failed.
            Dispose();
            throw _database.Failure(_store.What(_name), e);
        }
    }
}
