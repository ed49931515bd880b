using Npgsql;

namespace OrleansKvRouter.Storage.Postgres;

/// <summary>One database: its connections, its tables, and its failures as <see cref="IOException"/>s that say what failed and where. Any thread may use it.</summary>
internal sealed class PostgresDatabase(PostgresAddress address) : IDisposable
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(address.Connection);
    private readonly Lock _making = new();
    private volatile bool _hasTables;

    public string Name { get; } = address.ToString();

    /// <summary>Does something with a connection of its own.</summary>
    public T Run<T>(string what, Func<NpgsqlConnection, T> work)
    {
        try
        {
            using var connection = Connect();
            return work(connection);
        }
        catch (NpgsqlException e)
        {
            throw Failure(what, e);
        }
    }

    /// <summary>As <see cref="Run"/>, all of it or nothing.</summary>
    public T RunWhole<T>(string what, Func<NpgsqlConnection, T> work) => Run(what, connection =>
    {
        using var transaction = connection.BeginTransaction();
        var result = work(connection);
        transaction.Commit();
        return result;
    });

    /// <summary>As <see cref="Run"/>, without a thread that waits.</summary>
    public async Task<T> RunAsync<T>(string what, Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellation)
    {
        try
        {
            if (!_hasTables) await Task.Run(MakeTables, cancellation);
            await using var connection = await _source.OpenConnectionAsync(cancellation);
            return await work(connection);
        }
        catch (NpgsqlException e)
        {
            throw Failure(what, e);
        }
    }

    /// <summary>A connection to a database that has the tables. Fails with an <see cref="NpgsqlException"/>.</summary>
    public NpgsqlConnection Connect()
    {
        MakeTables();
        return _source.OpenConnection();
    }

    public IOException Failure(string what, NpgsqlException e)
    {
        // A server that went away took all connections with it, and each would fail once more.
        if (e is not PostgresException) _source.Clear();
        var why = e is PostgresException || e.InnerException is null ? e.Message : $"{e.Message} ({e.InnerException.Message})";
        return new IOException($"{what} in {Name}: {why}", e);
    }

    public void Dispose() => _source.Dispose();

    private void MakeTables()
    {
        if (_hasTables) return;
        lock (_making)
        {
            if (_hasTables) return;
            using var connection = _source.OpenConnection();
            PostgresSchema.Ensure(connection);
            _hasTables = true;
        }
    }
}
