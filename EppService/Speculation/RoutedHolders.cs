using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.EppService.Speculation;

/// <summary>One rank among the routed prefixes: a holder for each generation, made when a first prefix is routed to it.</summary>
internal sealed class RoutedHolders
{
    private const int NoHolder = -1;

    private readonly int[] _holders = [NoHolder, NoHolder, NoHolder];

    /// <summary>Held by whoever adds to it or takes it out.</summary>
    public Lock Writing { get; } = new();

    /// <summary>Nothing is added any more: its endpoint is gone. Under <see cref="Writing"/>.</summary>
    public bool Retired { get; set; }

    /// <summary>The holder of a generation; null while nothing was added in it. Any thread may ask.</summary>
    public HolderId? this[int generation]
    {
        get => Volatile.Read(ref _holders[generation]) is var number and not NoHolder ? new HolderId(number) : null;
        set => Volatile.Write(ref _holders[generation], value?.Value ?? NoHolder);
    }
}
