using System.Diagnostics.CodeAnalysis;
using Npgsql;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.Storage.Postgres;

/// <summary>A database, as <c>postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=MODE&amp;sslrootcert=FILE</c> names it. Its text is without user and password.</summary>
public sealed class PostgresAddress
{
    private const int UsualPort = 5432;
    private const int MostConnections = 10;
    private const int BufferBytes = 1 << 16;

    private static readonly string[] Schemes = ["postgres://", "postgresql://"];
    private static readonly Fault Wrong = new("the address of the PostgreSQL database is wrong", "give postgres://USER:PASSWORD@HOST:PORT/DATABASE, with what is not plain in it percent-encoded");

    private readonly string _name;

    private PostgresAddress(string name, string connection) => (_name, Connection) = (name, connection);

    /// <summary>For Npgsql, with the password.</summary>
    internal string Connection { get; }

    /// <summary>Whether a text is meant as such an address.</summary>
    public static bool IsOne([NotNullWhen(true)] string? text) => text is not null && Schemes.Any(scheme => text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads an address. No fault repeats any of it: a mistake may have put the password anywhere.</summary>
    public static Expected<PostgresAddress> Parse(string text)
    {
        if (!IsOne(text) || !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0) return Wrong;
        var database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/'));
        var user = uri.UserInfo.Split(':', 2);
        if (database.Length == 0 || user[0].Length == 0) return Wrong;
        var port = uri.Port < 0 ? UsualPort : uri.Port;
        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = uri.IdnHost.Trim('[', ']'),
            Port = port,
            Database = database,
            Username = Uri.UnescapeDataString(user[0]),
            ApplicationName = "kvrouter",
            MaxPoolSize = MostConnections,
            WriteBufferSize = BufferBytes,
            ReadBufferSize = BufferBytes,
            GssEncryptionMode = GssEncryptionMode.Disable,
        };
        if (user.Length == 2) connection.Password = Uri.UnescapeDataString(user[1]);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Apply(connection, pair) is { } fault) return fault;
        }

        return new PostgresAddress($"postgres://{uri.Authority}{uri.AbsolutePath}", connection.ConnectionString);
    }

    public override string ToString() => _name;

    private static Fault? Apply(NpgsqlConnectionStringBuilder connection, string pair)
    {
        var at = pair.IndexOf('=', StringComparison.Ordinal);
        var (name, value) = at < 0 ? (pair, "") : (pair[..at], Uri.UnescapeDataString(pair[(at + 1)..]));
        switch (name)
        {
            case "sslmode" when Enum.TryParse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var mode):
                connection.SslMode = mode;
                return null;
            case "sslmode":
                return new Fault("sslmode in the address of the PostgreSQL database is unknown", "use disable, allow, prefer, require, verify-ca or verify-full");
            case "sslrootcert":
                connection.RootCertificate = value;
                return null;
            default:
                return new Fault("the address of the PostgreSQL database has a parameter that is unknown", "only sslmode and sslrootcert may follow the question mark");
        }
    }
}
