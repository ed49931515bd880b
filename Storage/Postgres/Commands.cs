using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace OrleansKvRouter.Storage.Postgres;

/// <summary>Statements with numbered parameters, in a line each.</summary>
internal static class Commands
{
    [SuppressMessage("Security", "CA2100", Justification = "All statements are constants; values are parameters.")]
    public static NpgsqlCommand Prepared(this NpgsqlConnection connection, string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    /// <summary>Runs a statement; returns the number of rows that it changed.</summary>
    public static int Execute(this NpgsqlConnection connection, string sql, params ReadOnlySpan<object> values)
    {
        using var command = connection.Prepared(sql, values);
        return command.ExecuteNonQuery();
    }

    /// <summary>The one value of the first row; the default where there is no row.</summary>
    public static T? Ask<T>(this NpgsqlConnection connection, string sql, params ReadOnlySpan<object> values)
    {
        using var command = connection.Prepared(sql, values);
        return command.ExecuteScalar() is T value ? value : default;
    }
}
