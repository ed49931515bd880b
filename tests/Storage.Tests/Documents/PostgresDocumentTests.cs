using OrleansKvRouter.Storage;
using OrleansKvRouter.Storage.Documents;

namespace OrleansKvRouter.Tests.Storage.Documents;

[Collection(PostgresTests.Name)]
public sealed class PostgresDocumentTests(PostgresFixture postgres) : DocumentContract, IAsyncLifetime
{
    private readonly List<DataPlace> _places = [];
    private string _address = "";

    public async Task InitializeAsync() => _address = await postgres.Server.NewDatabaseAsync();

    public Task DisposeAsync()
    {
        foreach (var place in _places) place.Dispose();
        return Task.CompletedTask;
    }

    protected override Task<IVersionedDocument> OpenAsync()
    {
        _places.Add(Places.Open(_address));
        return Task.FromResult(_places[^1].Document("members"));
    }
}
