using System.Globalization;
using System.Net;
using OrleansKvRouter.Slices;
using OrleansKvRouter.Tests.Support.Postgres;

namespace OrleansKvRouter.Tests.Cluster.Programs;

/// <summary>Silos that share nothing but a PostgreSQL database.</summary>
public sealed class SiloPostgresTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvrouter-silo-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Silo_OtherIsKilled_HasAllSlicesAndEndsWell()
    {
        await using var server = await PostgresServer.StartNewAsync();
        var database = await server.NewDatabaseAsync();
        await using var first = SiloProgram.Start(_folder, "--data", database);
        await first.ReadyAsync();
        await using var second = SiloProgram.Start(_folder, "--data", database);
        await second.ReadyAsync();

        first.Process.Kill();
        await Eventually.TrueAsync(() => SlicesAt(second) == SliceMap.DefaultSlices, "the slices of a silo that was killed are loaded by the other");
        Assert.DoesNotContain("begins empty", second.Process.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(PostgresServer.Password, second.Process.Errors, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await second.GetAsync("/readyz"));
        second.Process.Terminate();
        Assert.Equal(0, await second.Process.ExitAsync());
    }

    /// <summary>Slices that the silo says are with it.</summary>
    private static int SlicesAt(SiloProgram silo)
    {
        var log = silo.Process.Errors;
        return Enumerable.Range(0, SliceMap.DefaultSlices)
            .Select(slice => string.Create(CultureInfo.InvariantCulture, $"in {SliceMap.DefaultSlices}/{slice} "))
            .Count(name => log.LastIndexOf(name + "is here", StringComparison.Ordinal) > log.LastIndexOf(name + "leaves", StringComparison.Ordinal));
    }
}
