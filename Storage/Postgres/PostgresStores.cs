using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvIndex.Snapshots;

namespace OrleansKvRouter.Storage.Postgres;

/// <summary>The snapshots of one node, or of the nodes of a cluster, in a database.</summary>
internal sealed class PostgresStores : ISnapshotStores
{
    /// <summary>The place that stands for the whole database. No other has no name.</summary>
    private const string Whole = "";

    private static readonly TimeSpan PatienceWithTheDead = TimeSpan.FromSeconds(5);

    private readonly PostgresDatabase _database;
    private readonly PlaceLocks _locks;

    private PostgresStores(PostgresDatabase database, PlaceLocks locks) => (_database, _locks) = (database, locks);

    public string Name => _database.Name;

    /// <summary>Connects, and takes the database where it is to be one node's alone. Whoever shares it is told at once that a place is another's.</summary>
    public static Expected<PostgresStores> Open(PostgresDatabase database, Sharing sharing)
    {
        var locks = new PlaceLocks(database, sharing == Sharing.Alone ? PatienceWithTheDead : TimeSpan.Zero);
        try
        {
            if (sharing == Sharing.Alone) locks.Take(Whole);
            else locks.Keep();
            return new PostgresStores(database, locks);
        }
        catch (IOException e)
        {
            locks.Dispose();
            return e is PlaceTakenException
                ? new Fault(e.Message, "give each router a database of its own, or end the other one")
                : new Fault(e.Message, "see to the server, the user's rights and the password");
        }
    }

    public ISnapshotStore Open(SnapshotPlace place) => new PostgresSnapshotStore(_database, _locks, _locks.Take(place.Text));

    public void Dispose() => _locks.Dispose();
}
