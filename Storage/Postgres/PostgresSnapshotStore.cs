using System.Globalization;
using Npgsql;
using OrleansKvRouter.KvIndex.Snapshots;

namespace OrleansKvRouter.Storage.Postgres;

/// <summary>
/// Snapshots as rows of a database: a blob is written in one transaction, and so is there whole or not at all. Every change checks
/// that the place is still this process's.
/// </summary>
internal sealed class PostgresSnapshotStore(PostgresDatabase database, PlaceLocks locks, HeldPlace place) : ISnapshotStore
{
    private const int MaxAside = 16;

    public string Place => $"{database.Name}, place {place.Name}";

    public IReadOnlyList<StoredBlob> List() => database.Run($"the blobs of place {place.Name}", connection =>
    {
        using var command = connection.Prepared("select name, length from kvrouter.blob where place = $1 and aside is null order by name", place.Id);
        using var rows = command.ExecuteReader();
        var blobs = new List<StoredBlob>();
        while (rows.Read()) blobs.Add(new StoredBlob(rows.GetString(0), rows.GetInt64(1)));
        return blobs;
    });

    public ISnapshotBlob Create(string name)
    {
        locks.Keep();
        return new PostgresBlob(database, this, place, name);
    }

    public ISnapshotBlobReader Open(string name) => database.Run(What(name), connection =>
    {
        using var command = connection.Prepared("select id, length, part_bytes from kvrouter.blob where place = $1 and name = $2 and aside is null", place.Id, name);
        using var rows = command.ExecuteReader();
        return rows.Read() ? new PostgresBlobReader(database, What(name), rows.GetInt64(0), rows.GetInt64(1), rows.GetInt32(2)) : throw NotThere(name);
    });

    public void Delete(string name) => database.RunWhole(What(name), connection =>
    {
        Check(connection, name);
        return connection.Execute("delete from kvrouter.blob where place = $1 and name = $2 and aside is null", place.Id, name);
    });

    public string SetAside(string name) => database.RunWhole(What(name), connection =>
    {
        Check(connection, name);
        var blob = connection.Ask<long?>("select id from kvrouter.blob where place = $1 and name = $2 and aside is null", place.Id, name) ?? throw NotThere(name);
        // The number of the blob keeps those apart that had one name.
        var aside = string.Create(CultureInfo.InvariantCulture, $"{name}.set-aside-{blob}");
        connection.Execute("update kvrouter.blob set name = $2, aside = clock_timestamp() where id = $1", blob, aside);
        connection.Execute(
            "delete from kvrouter.blob where id in (select id from kvrouter.blob where place = $1 and aside is not null order by aside desc offset $2)", place.Id, MaxAside);
        return $"{aside} in {Place}";
    });

    public void Dispose() => locks.Release(place);

    /// <summary>What failures call a blob.</summary>
    public string What(string name) => $"{name} of place {place.Name}";

    /// <summary>In a transaction: nobody takes the place before its end.</summary>
    public void Check(NpgsqlConnection connection, string name)
    {
        if (!place.IsStillOurs(connection)) throw new PlaceTakenException($"{What(name)} in {database.Name} is not changed: another router has taken the place ({connection.Ask<string>("select holder from kvrouter.place where id = $1", place.Id)})");
    }

    private FileNotFoundException NotThere(string name) => new($"{What(name)} is not in {database.Name}");
}
