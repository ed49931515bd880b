using System.Data;
using OrleansKvRouter.Storage.Documents;

namespace OrleansKvRouter.Storage.Postgres;

/// <summary>A document in a row, for all who reach the database.</summary>
internal sealed class PostgresDocument(PostgresDatabase database, string name) : IVersionedDocument
{
    private string What => $"document {name}";

    public Task<VersionedBytes> ReadAsync(CancellationToken cancellation = default) => database.RunAsync(What, async connection =>
    {
        await using var command = connection.Prepared("select version, bytes from kvrouter.document where name = $1", name);
        await using var rows = await command.ExecuteReaderAsync(CommandBehavior.SingleRow, cancellation);
        return await rows.ReadAsync(cancellation) ? new VersionedBytes(rows.GetFieldValue<byte[]>(1), rows.GetInt64(0)) : default;
    }, cancellation);

    public Task<bool> TryWriteAsync(ReadOnlyMemory<byte> bytes, long expectedVersion, CancellationToken cancellation = default) => database.RunAsync(What, async connection =>
    {
        await using var command = expectedVersion == 0
            ? connection.Prepared("insert into kvrouter.document (name, version, bytes) values ($1, 1, $2) on conflict (name) do nothing", name, bytes)
            : connection.Prepared("update kvrouter.document set version = version + 1, bytes = $2 where name = $1 and version = $3", name, bytes, expectedVersion);
        return await command.ExecuteNonQueryAsync(cancellation) == 1;
    }, cancellation);
}
