using OrleansKvRouter.Tests.Support.Postgres;

namespace OrleansKvRouter.Tests.Cluster.Membership;

/// <summary>The list of silos in PostgreSQL.</summary>
public sealed class PostgresMembershipTests(PostgresMembershipTests.OneServer server) : MembershipTableContract, IClassFixture<PostgresMembershipTests.OneServer>
{
    protected override Task<string> NewPlaceAsync() => server.Server.NewDatabaseAsync();

    public sealed class OneServer : IAsyncLifetime
    {
        public PostgresServer Server { get; private set; } = null!;

        public async Task InitializeAsync() => Server = await PostgresServer.StartNewAsync();

        public async Task DisposeAsync() => await Server.DisposeAsync();
    }
}
