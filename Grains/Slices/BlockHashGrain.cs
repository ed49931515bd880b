using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Grains.Membership;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.KvIndex.Snapshots.Records;
using OrleansKvRouter.Slices;
using OrleansKvRouter.Slices.Hosting;

namespace OrleansKvRouter.Grains.Slices;

/// <inheritdoc cref="IBlockHashGrain"/>
[AssignedPlacement]
[GrainType("block-hash")]
internal sealed class BlockHashGrain(
    SliceHosting hosting,
    SliceHostingOptions options,
    SliceStores stores,
    SliceKeeper keeper,
    SliceInstruments instruments,
    Silos silos,
    TimeProvider time,
    ILogger<BlockHashGrain> log) : Grain, IBlockHashGrain
{
    /// <summary>A pool that nobody on this silo uses may be one whose policy is about to come here too.</summary>
    private static readonly TimeSpan UnusedPatience = TimeSpan.FromMinutes(1);

    /// <summary>An engine whose owner asks after it no more is gone, and its owner was lost before it could say so.</summary>
    private static readonly TimeSpan OrphanPatience = TimeSpan.FromMinutes(10);

    /// <summary>How long a slice that begins waits for the place of its snapshots, and how often it looks.</summary>
    private static readonly TimeSpan PlacePatience = TimeSpan.FromSeconds(2), PlacePause = TimeSpan.FromMilliseconds(50);

    private readonly Lock _writing = new();
    private PoolKey _pool;
    private int _number;
    private PoolSlices _here = null!;
    private Slice _slice = null!;
    private ISnapshotStore? _store;
    private SliceSnapshots? _snapshots;
    private long _written;
    private long _used;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        if (!PoolKey.TryParseSlice(Name, out _pool, out _number)) throw new ArgumentException($"{Name} is no slice's name");
        _here = hosting.Of(_pool);
        _slice = _here.Create(options.Index);
        var blocks = await LoadAsync(cancellationToken);
        _here.Host(_number, _slice);
        log.SliceHosted(Name, blocks, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        (_written, _used) = (time.GetTimestamp(), time.GetTimestamp());
        this.RegisterGrainTimer(ReviewAsync, new GrainTimerCreationOptions(options.ReviewInterval, options.ReviewInterval) { Interleave = true, KeepAlive = true });
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        log.SliceLeaves(Name, reason.ReasonCode.ToString());
        if (_slice is null) return;
        await Task.Run(Write, CancellationToken.None);
        if (BelongsElsewhere(out _)) _here.HandOver(_number, _slice);
        else _here.Leave(_number, _slice);
        _store?.Dispose();
    }

    public Task ApplyAsync(byte[] deltas)
    {
        instruments.Applied(_slice.Apply(deltas));
        return Task.CompletedTask;
    }

    public Task<Immutable<byte[]>> WalkAsync(byte[] question) => Task.FromResult(_here.Answer(question).AsImmutable());

    public Task<Immutable<byte[]>> CheckAsync(byte[] question) => Task.FromResult(_slice.AnswerCheck(question).AsImmutable());

    public Task<ClaimAnswer> ClaimAsync(string engine, long token, ulong scheme)
    {
        var (winner, position) = _slice.Claim(engine, token, scheme);
        return Task.FromResult(new ClaimAnswer(winner, position.Epoch, position.Sequence, position.Timestamp, position.Memo));
    }

    public Task EnsureAsync() => Task.CompletedTask;

    private string Name => this.GetPrimaryKeyString();

    /// <summary>Writes a snapshot when one is due, and goes to where the slice belongs by now.</summary>
    private async Task ReviewAsync(CancellationToken cancellation)
    {
        if (BelongsElsewhere(out var host))
        {
            this.MoveTo(host);
            return;
        }

        if (keeper.Keeps(_pool)) _used = time.GetTimestamp();
        if (time.GetElapsedTime(_used) > UnusedPatience)
        {
            DeactivateOnIdle();
            return;
        }

        if (time.GetElapsedTime(_written) < options.SnapshotInterval) return;
        _written = time.GetTimestamp();
        _slice.DropOrphans(OrphanPatience, time);
        await Task.Run(Write, cancellation);
        _written = time.GetTimestamp();
    }

    private bool BelongsElsewhere([NotNullWhen(true)] out SiloAddress? host)
    {
        host = silos.Active.HostsOf(_pool) is { Length: > 0 } hosts ? hosts[_number] : null;
        return host is not null && !host.Equals(silos.Local);
    }

    private async Task<long> LoadAsync(CancellationToken cancellation)
    {
        for (var began = time.GetTimestamp(); ;)
        {
            try
            {
                return await Task.Run(Load, cancellation);
            }
            catch (PlaceTakenException) when (time.GetElapsedTime(began) < PlacePatience)
            {
                // The silo that had the slice gives its place back once it has written what it had.
                await Task.Delay(PlacePause, time, cancellation);
            }
            catch (IOException e)
            {
                // Without its snapshots a slice is as good after a while: engines' owners send what it lacks, or learn it again.
                log.SliceStoreUnreadable(Name, e.Message);
                return 0;
            }
        }
    }

    private long Load()
    {
        if (!TryOpen()) return 0;
        List<Fault> faults = [];
        var blocks = _snapshots!.Load(_slice, faults) ?? 0;
        foreach (var fault in faults) log.SliceSnapshotSetAside(Name, fault);
        return blocks;
    }

    /// <summary>False where nothing is kept.</summary>
    private bool TryOpen()
    {
        if (_snapshots is not null) return true;
        if ((_store = stores.OfSlice(_pool, _number)) is null) return false;
        _snapshots = new SliceSnapshots(Name, new KeysRecord(0, _pool.Text, null, "", "", ""), _store, time);
        return true;
    }

    private void Write()
    {
        try
        {
            lock (_writing)
            {
                // Another silo, on its way out, may have had the place when the slice was loaded.
                if (TryOpen()) _snapshots!.Write(_slice);
            }
        }
        catch (IOException e)
        {
            log.SliceSnapshotFailed(Name, e.Message);
        }
    }
}
