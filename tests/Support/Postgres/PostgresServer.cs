using System.Globalization;
using OrleansKvRouter.Loopback;

namespace OrleansKvRouter.Tests.Support.Postgres;

/// <summary>
/// A PostgreSQL of the test's own: Debian's programs, a cluster in a temporary folder, a loopback port, passwords required and
/// every commit flushed. It can be killed and started again. Nothing of the distribution's own cluster is touched.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    public const string User = "kvrouter";

    /// <summary>With characters that an address must encode.</summary>
    public const string Password = "s3cret/@:%word";

    private readonly string _folder = Directory.CreateTempSubdirectory("kvrouter-postgres-").FullName;
    private readonly string _port = Ports.Take().ToString(CultureInfo.InvariantCulture);
    private Peer? _server;
    private int _databases;

    private PostgresServer() { }

    public int Port => int.Parse(_port, CultureInfo.InvariantCulture);

    private string Data => Path.Combine(_folder, "data");

    private string PasswordFile => Path.Combine(_folder, "password");

    /// <summary>A server that takes connections.</summary>
    public static async Task<PostgresServer> StartNewAsync()
    {
        var server = new PostgresServer();
        try
        {
            await File.WriteAllTextAsync(server.PasswordFile, Password);
            if (Environment.IsPrivilegedProcess) await RunAsync("chown", ["-R", PostgresPrograms.Account, server._folder]);
            await RunAsync(PostgresPrograms.AsAccount("initdb", "--pgdata", server.Data, "--username", User, "--pwfile", server.PasswordFile, "--auth", "scram-sha-256", "--no-sync", "--encoding", "UTF8", "--locale", "C"));
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it (again), until it takes connections.</summary>
    public async Task StartAsync() => await Eventually.TrueAsync(async () =>
    {
        // After a kill, processes of the last one may hold its memory for a moment longer, and a start is refused.
        if (_server is null or { HasExited: true })
        {
            if (_server is not null) await _server.DisposeAsync();
            var (program, arguments) = PostgresPrograms.AsAccount("postgres", "-D", Data, "-p", _port, "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={_folder}", "-c", "max_connections=50");
            _server = Peer.Start(program, arguments);
        }

        return await TryRunAsync(PostgresPrograms.Path("pg_isready"), ["--host", "127.0.0.1", "--port", _port, "--username", User, "--dbname", "postgres"]) is null;
    }, "PostgreSQL takes connections");

    /// <summary>A new, empty database: the address of it that <c>--data</c> takes.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref _databases)}");
        await RunAsync(PostgresPrograms.Path("createdb"), ["--host", "127.0.0.1", "--port", _port, "--username", User, "--no-password", name], ("PGPASSWORD", Password));
        return AddressOf(name);
    }

    /// <summary>The address of a database for a user with that password.</summary>
    public string AddressOf(string database, string password = Password) => $"postgres://{User}:{Uri.EscapeDataString(password)}@127.0.0.1:{_port}/{database}";

    /// <summary>Ends the server and whatever works for its clients at once, as a loss of power would.</summary>
    public async Task KillAsync()
    {
        _server!.Kill();
        await _server.ExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static Task RunAsync((string Program, string[] Arguments) command) => RunAsync(command.Program, command.Arguments);

    private static async Task RunAsync(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        if (await TryRunAsync(program, arguments, environment) is { } complaint) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {complaint}");
    }

    /// <summary>Null when it has succeeded; else what it says.</summary>
    private static async Task<string?> TryRunAsync(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        await using var run = Peer.Start(program, arguments, environment);
        return await run.ExitAsync() == 0 ? null : run.Errors;
    }
}
