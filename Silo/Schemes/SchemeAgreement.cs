using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Grains.Feeds;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Slices;
using OrleansKvRouter.Storage;
using OrleansKvRouter.Storage.Documents;

namespace OrleansKvRouter.Silo.Schemes;

/// <summary>
/// Sees to it that all silos make a pool's keys alike where the engines show how: the first scheme that any silo has proved is written
/// down, once and for all, where the list of silos is kept, and every other silo takes it up. It outlives the silos, so that after a restart of
/// all of them slices are of use at once.
/// </summary>
internal sealed class SchemeAgreement(DataPlace membership, IServiceProvider services, TimeProvider time, ILogger<SchemeAgreement> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<PoolKeyScheme, Pool> _pools = new(ReferenceEqualityComparer.Instance);

    /// <summary>A pool begins to run. What was agreed on before holds when this returns, unless the place cannot be read: then it is read later.</summary>
    public void Follow(PoolKey key, PoolKeyScheme scheme)
    {
        if (scheme.Source == SchemeSource.Policy) return;
        var name = $"scheme-{XxHash3.HashToUInt64(MemoryMarshal.AsBytes(key.Text.AsSpan())):x16}";
        var pool = _pools.GetOrAdd(scheme, _ => new Pool(key, scheme, membership.Document(name)));
        try
        {
            Task.Run(() => AgreeAsync(pool)).Wait(StartPatience);
        }
        catch (AggregateException e)
        {
            log.SchemeNotAgreed(key.Text, e.GetBaseException().Message);
        }
    }

    public void Forget(PoolKeyScheme scheme) => _pools.TryRemove(scheme, out _);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var rounds = new PeriodicTimer(Interval, time);
        try
        {
            while (await rounds.WaitForNextTickAsync(stoppingToken))
            {
                foreach (var pool in _pools.Values.Where(pool => pool.Agreed is null || !pool.Agreed.IsThatOf(pool.Scheme))) await TryAgreeAsync(pool);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private async Task TryAgreeAsync(Pool pool)
    {
        try
        {
            await AgreeAsync(pool);
        }
        catch (IOException e)
        {
            log.SchemeNotAgreed(pool.Key.Text, e.Message);
        }
    }

    private async Task AgreeAsync(Pool pool)
    {
        var written = await pool.Document.ReadAsync();
        if (written.Version == 0)
        {
            // What nobody has proved is nothing to agree on.
            if (pool.Scheme.Source is SchemeSource.Assumed) return;
            var mine = AgreedScheme.Of(pool.Key.Text, pool.Scheme);
            if (await pool.Document.TryWriteAsync(mine.Write(), 0)) pool.Agreed = mine;
            else written = await pool.Document.ReadAsync();
        }

        if (written.Version == 0) return;
        if (AgreedScheme.Read(written.Bytes.Span) is not { } agreed)
        {
            log.SchemeNotAgreed(pool.Key.Text, "what is written of it cannot be understood");
            return;
        }

        var before = pool.Scheme.Function;
        if (!agreed.IsThatOf(pool.Scheme) && !pool.Scheme.TryAgree(agreed.Function, Convert.FromHexString(agreed.Root), agreed.Source))
        {
            log.SchemeNotAgreed(pool.Key.Text, $"the others use {agreed.Function}, which this version of the router computes otherwise");
            return;
        }

        pool.Agreed = agreed;
        if (ReferenceEquals(before, pool.Scheme.Function)) return;
        log.SchemeAgreed(pool.Key.Text, agreed.Function);

        // What this silo wrote under another is void; what it has not begun with is not.
        foreach (var engine in ((IEngineDirectory?)services.GetService(typeof(IEngineDirectory)))?.Engines ?? [])
        {
            if (ReferenceEquals(engine.Scheme, pool.Scheme) && engine.Status.Batches > 0) engine.LearnAnew();
        }
    }

    private sealed class Pool(PoolKey key, PoolKeyScheme scheme, IVersionedDocument document)
    {
        public PoolKey Key => key;

        public PoolKeyScheme Scheme => scheme;

        public IVersionedDocument Document => document;

        public AgreedScheme? Agreed { get; set; }
    }
}
