using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.KvIndex.Snapshots.Files;
using OrleansKvRouter.Storage.Documents;
using OrleansKvRouter.Storage.Postgres;

namespace OrleansKvRouter.Storage;

/// <summary>What <c>--data</c> names: a folder, or a PostgreSQL database where it begins with <c>postgres://</c> or <c>postgresql://</c>.</summary>
public sealed class DataPlace : IDisposable
{
    private readonly Func<string, IVersionedDocument> _document;
    private readonly IDisposable? _database;

    private DataPlace(ISnapshotStores snapshots, Func<string, IVersionedDocument> document, IDisposable? database = null) =>
        (Snapshots, _document, _database) = (snapshots, document, database);

    /// <summary>What it is to people, without a password.</summary>
    public string Name => Snapshots.Name;

    public ISnapshotStores Snapshots { get; }

    /// <summary>Opens a place; the fault where it cannot be had, which names it.</summary>
    public static Expected<DataPlace> Open(string text, Sharing sharing)
    {
        if (!PostgresAddress.IsOne(text))
        {
            return DataFolder.Open(text, sharing).Try(out var folder, out var noFolder)
                ? new DataPlace(folder, name => new FileDocument(Path.Combine(folder.Name, "documents", Uri.EscapeDataString(name))))
                : noFolder;
        }

        if (!PostgresAddress.Parse(text).Try(out var address, out var fault)) return fault;
        var database = new PostgresDatabase(address);
        if (PostgresStores.Open(database, sharing).Try(out var stores, out fault)) return new DataPlace(stores, name => new PostgresDocument(database, name), database);
        database.Dispose();
        return fault;
    }

    /// <summary>A document that all who have this place share.</summary>
    /// <param name="name">Plain: letters, digits, dashes.</param>
    public IVersionedDocument Document(string name) => _document(name);

    public void Dispose()
    {
        Snapshots.Dispose();
        _database?.Dispose();
    }
}
