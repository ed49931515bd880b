using OrleansKvRouter.Storage.Documents;

namespace OrleansKvRouter.Silo.Membership;

/// <summary>
/// Orleans' list of silos in one versioned document, which is a file on one machine or a row in PostgreSQL. Every change is written
/// against the version that was read, so none is lost; where another silo's came between, the change is looked at again.
/// </summary>
internal sealed class DocumentMembershipTable(IVersionedDocument document) : IMembershipTable
{
    public Task InitializeMembershipTable(bool tryInitTableVersion) => document.ReadAsync();

    public Task DeleteMembershipTableEntries(string clusterId) => ChangeAsync(current => current with { Version = current.Version + 1, Silos = [] });

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => ChangeAsync(current =>
    {
        SiloRow[] kept = [.. current.Silos.Where(row => row.Status != (int)SiloStatus.Dead || Later(row.Alive, row.Started) >= beforeDate.UtcDateTime)];
        return kept.Length == current.Silos.Count ? null : current with { Silos = kept };
    });

    public async Task<MembershipTableData> ReadRow(SiloAddress key)
    {
        var current = MembershipDocument.Read((await document.ReadAsync()).Bytes);
        return TableOf(current.Find(key) is { } row ? [row] : [], current);
    }

    public async Task<MembershipTableData> ReadAll()
    {
        var current = MembershipDocument.Read((await document.ReadAsync()).Bytes);
        return TableOf(current.Silos, current);
    }

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => ChangeAsync(current =>
        current.TableVersion.VersionEtag == tableVersion.VersionEtag && current.Find(entry.SiloAddress) is null
            ? current.With(SiloRow.Of(entry, etag: 0)) with { Version = tableVersion.Version }
            : null);

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => ChangeAsync(current =>
        current.TableVersion.VersionEtag == tableVersion.VersionEtag && current.Find(entry.SiloAddress) is { } row && row.EtagText == etag
            ? current.With(SiloRow.Of(entry, row.Etag + 1)) with { Version = tableVersion.Version }
            : null);

    public Task UpdateIAmAlive(MembershipEntry entry) => ChangeAsync(current =>
        current.Find(entry.SiloAddress) is { } row ? current.With(row with { Alive = entry.IAmAliveTime }) : null);

    private static MembershipTableData TableOf(IEnumerable<SiloRow> rows, MembershipDocument current) =>
        new([.. rows.Select(row => Tuple.Create(row.ToEntry(), row.EtagText))], current.TableVersion);

    private static DateTime Later(DateTime one, DateTime other) => one > other ? one : other;

    /// <summary>Writes what becomes of the document, as often as it takes; false where nothing is to become of it.</summary>
    private async Task<bool> ChangeAsync(Func<MembershipDocument, MembershipDocument?> change)
    {
        while (true)
        {
            var (bytes, version) = await document.ReadAsync();
            if (change(MembershipDocument.Read(bytes)) is not { } next) return false;
            if (await document.TryWriteAsync(next.ToBytes(), version)) return true;
        }
    }
}
