using System.Globalization;

namespace OrleansKvRouter.Tests.Support.Postgres;

/// <summary>PostgreSQL's programs as Debian installs them (package <c>postgresql</c>), and the account that they run as: they refuse root.</summary>
internal static class PostgresPrograms
{
    private const string Versions = "/usr/lib/postgresql";

    /// <summary>The account that the package makes.</summary>
    public const string Account = "postgres";

    public static string Path(string program) => System.IO.Path.Combine(Newest(), "bin", program);

    /// <summary>A program with its arguments as it is started: under the account where this process is root. The process started is the program itself.</summary>
    public static (string Program, string[] Arguments) AsAccount(string program, params string[] arguments) => Environment.IsPrivilegedProcess
        ? ("setpriv", [$"--reuid={Account}", $"--regid={Account}", "--init-groups", "--", Path(program), .. arguments])
        : (Path(program), arguments);

    private static string Newest()
    {
        var versions = Directory.Exists(Versions) ? Directory.GetDirectories(Versions) : [];
        return versions.Length > 0
            ? versions.MaxBy(version => int.TryParse(System.IO.Path.GetFileName(version), CultureInfo.InvariantCulture, out var number) ? number : 0)!
            : throw new InvalidOperationException($"{Versions} has no PostgreSQL: apt-get install postgresql");
    }
}
