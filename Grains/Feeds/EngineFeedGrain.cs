using Microsoft.Extensions.Logging;
using OrleansKvRouter.Grains.Membership;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.Slices;

namespace OrleansKvRouter.Grains.Feeds;

/// <inheritdoc cref="IEngineFeedGrain"/>
[AssignedPlacement]
[GrainType("engine-feed")]
internal sealed class EngineFeedGrain(FeedSharing sharing, Silos silos, TimeProvider time, ILogger<EngineFeedGrain> log) : Grain, IEngineFeedGrain
{
    private static readonly TimeSpan ReviewInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>A handover waits so long at most for slices to have all that was said.</summary>
    private static readonly TimeSpan HandoverPatience = TimeSpan.FromSeconds(2);

    private FeedTarget? _target;
    private SlicedIndex _index = null!;
    private Task _owning = Task.CompletedTask;
    private bool _owns;
    private bool _leaves;

    private string Name => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // A silo that has not heard of the engine yet, or not of its pool's new policy, cannot own it: who asked asks again.
        _target = sharing.Find(Name) ?? throw new InvalidOperationException($"this silo knows no engine {Name}");
        _index = _target.Index as SlicedIndex ?? throw new InvalidOperationException($"the index of {Name} is not spread over silos");
        this.RegisterGrainTimer(ReviewAsync, new GrainTimerCreationOptions(ReviewInterval, ReviewInterval) { KeepAlive = true });
        // Slices that move to this silo together with the feed answer nobody before all that move with them are active: whoever waited
        // for them here would wait until the move is given up.
        _owning = OwnAsync(_target);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _leaves = true;
        if (!_owns) return;
        _owns = false;
        log.FeedLeaves(Name, reason.ReasonCode.ToString());
        _target!.Leave(sharing);
        sharing.Review();
        _index.EngineLost -= OnLost;
        _index.EngineTaken -= OnTaken;
        try
        {
            using var patience = new CancellationTokenSource(HandoverPatience, time);
            await _index.ReleaseAsync(Name, patience.Token);
        }
        catch (OperationCanceledException)
        {
            // The next owner finds out what is missing.
        }
    }

    public Task<int> DeliverAsync(ForwardedBatches batches) => Task.FromResult(_owns ? sharing.Accept(batches) : 0);

    public Task EnsureAsync() => _owning;

    public Task DistrustAsync(string cause)
    {
        if (_owns) _target!.Distrust(cause, time.GetUtcNow());
        return Task.CompletedTask;
    }

    public Task TrustAsync()
    {
        if (_owns) _target!.Trust();
        return Task.CompletedTask;
    }

    /// <summary>Takes the engine over once every slice has answered; where one does not, whoever wants an owner asks for another.</summary>
    private async Task OwnAsync(FeedTarget target)
    {
        try
        {
            var position = await _index.ClaimAsync(Name);
            if (_leaves) return;
            _owns = true;
            _index.EngineLost += OnLost;
            _index.EngineTaken += OnTaken;
            var goesOn = target.TakeOver(position, time.GetUtcNow());
            sharing.Review();
            log.FeedTakenOver(Name, position?.Sequence ?? -1, goesOn);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            log.FeedNotOwned(Name, e.Message);
            DeactivateOnIdle();
        }
    }

    /// <summary>Leaves where the engine is gone, replaced, or another silo's by now.</summary>
    private Task ReviewAsync(CancellationToken cancellation)
    {
        if (_target!.Retired || !ReferenceEquals(sharing.Find(Name), _target))
        {
            DeactivateOnIdle();
        }
        else if (silos.Active.HostOf(Name) is { } host && !host.Equals(silos.Local))
        {
            this.MoveTo(host);
        }

        return Task.CompletedTask;
    }

    private void OnLost(string engine)
    {
        if (engine == Name) _target!.LearnAnew();
    }

    private void OnTaken(string engine)
    {
        if (engine == Name) DeactivateOnIdle();
    }
}
