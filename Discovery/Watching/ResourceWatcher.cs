using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Discovery.Files;

namespace OrleansKvRouter.Discovery.Watching;

/// <summary>
/// Keeps a snapshot of resource files up to date. A version without errors takes effect; of one with errors the errors are
/// kept and the last good version stays.
/// </summary>
/// <remarks>
/// <para>
/// The contents are compared every second, and at once when the file system says that something changed. Comparing is what
/// is relied on: notifications do not cross network file systems, and do not name the swap of a ConfigMap's link. A changed
/// file is read when two comparisons 100 ms apart agree, so that a half-written one is not. An edit is in effect about
/// 0.2 s after it with notifications, 1.2 s at most without.
/// </para>
/// <para>One task writes <see cref="State"/>, any thread reads it; <see cref="Changed"/> is raised by that task, in order.</para>
/// </remarks>
public sealed class ResourceWatcher : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(100);

    /// <summary>A file that never rests (a log?) is read as it is after a second.</summary>
    private const int MaxSettlings = 10;

    private readonly IReadOnlyList<string> _paths;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly DiscoveryInstruments _instruments;
    private readonly Channel<bool> _hints = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stopping = new();
    private readonly FolderNotifications _notifications;
    private volatile ResourceState _state;
    private string _fingerprint;
    private string _goodFingerprint;
    private Task _watching = Task.CompletedTask;
    private bool _disposed;

    /// <param name="first">The version to start from, without errors; its paths are watched.</param>
    /// <param name="logger">Told of changes and rejected edits.</param>
    /// <param name="time">The clock.</param>
    /// <param name="instruments">Counts reloads.</param>
    public ResourceWatcher(LoadResult first, ILogger<ResourceWatcher> logger, TimeProvider time, DiscoveryInstruments instruments)
    {
        var snapshot = first.Snapshot ?? throw new ArgumentException("the first version has errors", nameof(first));
        (_paths, _logger, _time, _instruments) = (first.Paths, logger, time, instruments);
        (_fingerprint, _goodFingerprint) = (first.Fingerprint, first.Fingerprint);
        _state = new ResourceState(snapshot, [], first.Warnings, time.GetUtcNow());
        _notifications = new FolderNotifications(_paths, Hint, (folder, error) => logger.NotNotified(folder, Interval, error));
    }

    /// <summary>Raised after <see cref="State"/> has a new snapshot.</summary>
    public event Action<ResourceSnapshot>? Changed;

    /// <summary>What is in effect, and what is wrong.</summary>
    public ResourceState State => _state;

    /// <summary>The snapshot in effect.</summary>
    public ResourceSnapshot Current => _state.Snapshot;

    /// <summary>Why the files' present version is not in effect; empty when it is.</summary>
    public IReadOnlyList<ResourceIssue> LastErrors => _state.Errors;

    /// <summary>Starts watching; subscribe to <see cref="Changed"/> before.</summary>
    public void Start()
    {
        _notifications.Start();
        _watching = Task.Run(WatchAsync);
    }

    /// <summary>Ends the watch; once is enough, and more does no harm.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        await _stopping.CancelAsync();
        await _watching;
        _notifications.Dispose();
        _stopping.Dispose();
    }

    private void Hint() => _hints.Writer.TryWrite(true);

    private async Task WatchAsync()
    {
        await using var ticks = _time.CreateTimer(_ => Hint(), null, Interval, Interval);
        try
        {
            await foreach (var _ in _hints.Reader.ReadAllAsync(_stopping.Token))
            {
                var files = FileSet.Read(_paths);
                if (files.Fingerprint != _fingerprint) Apply(await SettleAsync(files));
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopping is how this loop ends.
        }
    }

    private async Task<FileSet> SettleAsync(FileSet files)
    {
        for (var i = 0; i < MaxSettlings; i++)
        {
            await Task.Delay(Settling, _time, _stopping.Token);
            var again = FileSet.Read(_paths);
            if (again.Fingerprint == files.Fingerprint) return again;
            files = again;
        }

        return files;
    }

    private void Apply(FileSet files)
    {
        _fingerprint = files.Fingerprint;
        var result = ResourceFiles.Load(_paths, files);
        _instruments.Reloaded(applied: result.Snapshot is not null);
        foreach (var warning in result.Warnings) _logger.ResourceWarning(warning);
        foreach (var error in result.Errors) _logger.ResourceError(error);

        // An edit that was taken back changes nothing but what is said of it.
        var isNew = result.Snapshot is not null && _fingerprint != _goodFingerprint;
        var snapshot = isNew ? result.Snapshot! : _state.Snapshot;
        _state = new ResourceState(snapshot, result.Errors, result.Warnings, _time.GetUtcNow());
        if (isNew) Publish(snapshot);
    }

    private void Publish(ResourceSnapshot snapshot)
    {
        _goodFingerprint = _fingerprint;
        var endpoints = snapshot.Pools.Sum(pool => pool.Endpoints.Count);
        _logger.ResourcesChanged(snapshot.Pools.Count, endpoints);
        try
        {
            Changed?.Invoke(snapshot);
        }
        catch (Exception e)
        {
            // A handler's bug must not stop the watch: the next edit may be the way out of it.
            _logger.ResourceHandlerFailed(e);
        }
    }
}
