using OrleansKvRouter.Tests.Support.Postgres;

namespace OrleansKvRouter.Tests.EppService.CommandLine;

/// <summary><c>serve --data postgres://…</c> as users see it.</summary>
[Collection(ProgramCollection.Name)]
public sealed class ServePostgresTests : IAsyncLifetime
{
    private readonly RouterProgram _router = RouterProgram.Create();
    private PostgresServer _server = null!;
    private string _address = "";

    private Dictionary<string, string> Options => new() { ["--data"] = _address, ["--snapshot-interval"] = "0.2" };

    [Fact]
    public async Task Serve_DatabaseOfAnotherRouter_IsStatus1AndSaysWhose()
    {
        await _router.ServeReadyAsync(RouterProgram.PoolAndPolicy, Options);
        await using var second = RouterProgram.Create();

        second.Serve(RouterProgram.PoolAndPolicy, Options);

        Assert.Equal(1, await second.ExitAsync());
        Assert.Contains($"postgres://127.0.0.1:{_server.Port}/test1 is another router's (process {_router.Process.Id} on", second.Process.Errors, StringComparison.Ordinal);
        AssertSecret(second.Process.Errors);

        // The database of one that was killed is free at once.
        _router.Process.Kill();
        await _router.ExitAsync();
        await second.ServeReadyAsync(RouterProgram.PoolAndPolicy, Options);
        AssertSecret(await second.Http.GetStringAsync($"http://{second.Admin}/api/pools/qwen"));
    }

    [Fact]
    public async Task Serve_NoServer_IsStatus1AndNamesItWithoutThePassword()
    {
        await _server.KillAsync();
        _router.Serve(RouterProgram.PoolAndPolicy, Options);
        Assert.Equal(1, await _router.ExitAsync());
        Assert.Contains($"127.0.0.1:{_server.Port}", _router.Process.Errors, StringComparison.Ordinal);
        AssertSecret(_router.Process.Errors);
    }

    public async Task InitializeAsync()
    {
        _server = await PostgresServer.StartNewAsync();
        _address = await _server.NewDatabaseAsync();
    }

    public async Task DisposeAsync()
    {
        await _router.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static void AssertSecret(string text)
    {
        Assert.DoesNotContain(PostgresServer.Password, text, StringComparison.Ordinal);
        Assert.DoesNotContain(Uri.EscapeDataString(PostgresServer.Password), text, StringComparison.Ordinal);
    }
}
