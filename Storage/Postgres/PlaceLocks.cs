using System.Diagnostics;
using Npgsql;
using OrleansKvRouter.KvIndex.Snapshots;

namespace OrleansKvRouter.Storage.Postgres;

/// <summary>
/// The places of a database that this process has. Each is an advisory lock, all held by one session, so that they end with the process; and a
/// token, the number of times that the place was taken. The lock keeps others out. The token is what makes it safe: every change of a
/// place checks it in its own transaction, so that who has lost the session without knowing it changes nothing that somebody else has since. Any thread may use it.
/// </summary>
/// <param name="database">Where.</param>
/// <param name="patience">How long a place of another is waited for: the server may not yet have noticed that he is dead.</param>
internal sealed class PlaceLocks(PostgresDatabase database, TimeSpan patience) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Lock _turn = new();
    private readonly Dictionary<int, HeldPlace> _held = [];
    private NpgsqlConnection? _session;

    public HeldPlace Take(string name)
    {
        lock (_turn)
        {
            try
            {
                return Take(Session(), name);
            }
            catch (NpgsqlException e)
            {
                throw Lost($"place {name}", e);
            }
        }
    }

    /// <summary>Sees to it that the locks are held still, before something is written: the session may have ended meanwhile.</summary>
    public void Keep()
    {
        lock (_turn)
        {
            try
            {
                if (_session is not null) _session.Execute("select 1");
                else Session();
            }
            catch (NpgsqlException e)
            {
                throw Lost("the session that holds the places", e);
            }
        }
    }

    public void Release(HeldPlace place)
    {
        lock (_turn)
        {
            if (!_held.Remove(place.Id) || _session is null) return;
            try
            {
                Unlock(_session, place.Id);
            }
            catch (NpgsqlException e)
            {
                // The session is gone, and the lock with it: that is what was wanted.
                _ = Lost($"place {place.Name}", e);
            }
        }
    }

    public void Dispose()
    {
        lock (_turn)
        {
            _held.Clear();
            _session?.Dispose();
            _session = null;
        }
    }

    private HeldPlace Take(NpgsqlConnection session, string name)
    {
        session.Execute("insert into kvrouter.place (name) values ($1) on conflict (name) do nothing", name);
        var id = session.Ask<int>("select id from kvrouter.place where name = $1", name);
        var began = Stopwatch.GetTimestamp();
        // A session gets its own lock again, so what this process has is looked up first.
        while (_held.ContainsKey(id) || !TryLock(session, id))
        {
            if (Stopwatch.GetElapsedTime(began) >= patience) throw Taken(session, id, name);
            Thread.Sleep(Pause);
        }

        var token = session.Ask<long>("update kvrouter.place set token = token + 1, holder = $2 where id = $1 returning token", id, ProcessName.Now());
        return _held[id] = new HeldPlace(id, name, token);
    }

    /// <summary>The session; a new one takes what the old one had, as far as nobody else has taken it since.</summary>
    private NpgsqlConnection Session()
    {
        if (_session is not null) return _session;
        _session = database.Connect();
        Watch(_session);
        foreach (var place in _held.Values)
        {
            // Where the server believes the old session alive, the next session tries again; until then the token says whose the place is.
            if (TryLock(_session, place.Id) && !place.IsStillOurs(_session)) Unlock(_session, place.Id);
        }

        return _session;
    }

    /// <summary>A machine that is gone without a word is noticed within some 11 seconds, and a client that is gone even while the server works for it.</summary>
    private static void Watch(NpgsqlConnection session)
    {
        session.Execute("select set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '2', false), set_config('tcp_keepalives_count', '3', false)");
        if (session.PostgreSqlVersion.Major >= 14) session.Execute("select set_config('client_connection_check_interval', '1s', false)");
    }

    private IOException Lost(string what, NpgsqlException e)
    {
        _session?.Dispose();
        _session = null;
        return database.Failure(what, e);
    }

    private PlaceTakenException Taken(NpgsqlConnection session, int id, string name) =>
        new($"{(name.Length == 0 ? "" : $"place {name} in ")}{database.Name} is another router's ({session.Ask<string>("select holder from kvrouter.place where id = $1", id)})");

    private static bool TryLock(NpgsqlConnection session, int id) => session.Ask<bool>("select pg_try_advisory_lock($1, $2)", PostgresSchema.LockClass, id);

    private static void Unlock(NpgsqlConnection session, int id) => session.Execute("select pg_advisory_unlock($1, $2)", PostgresSchema.LockClass, id);
}

/// <summary>A place as this process took it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its name; empty for the database as a whole.</param>
/// <param name="Token">The number of times that it had been taken then.</param>
internal sealed record HeldPlace(int Id, string Name, long Token)
{
    /// <summary>Whether nobody has taken it since; asked in a transaction, that stays so to its end.</summary>
    public bool IsStillOurs(NpgsqlConnection connection) => connection.Ask<int>("select 1 from kvrouter.place where id = $1 and token = $2 for share", Id, Token) == 1;
}
