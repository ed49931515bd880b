namespace OrleansKvRouter.Tests.Storage.Stores;

[Collection(PostgresTests.Name)]
public sealed class PostgresStoresTests(PostgresFixture postgres) : StoresContract
{
    protected override Task<string> NewPlaceAsync() => postgres.Server.NewDatabaseAsync();
}
