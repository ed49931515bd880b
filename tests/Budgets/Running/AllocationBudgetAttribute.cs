namespace OrleansKvRouter.Tests.Budgets.Running;

/// <summary>What one operation of a benchmark may allocate once it is warm, on all threads together.</summary>
/// <param name="bytes">Bytes of the managed heap an operation; 0 where the code promises to allocate nothing.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AllocationBudgetAttribute(long bytes) : Attribute
{
    public long Bytes { get; } = bytes;

    /// <summary>Bytes more for each unit of the parameter <see cref="Of"/>.</summary>
    public long Each { get; init; }

    /// <summary>The parameter that the budget grows with; null: with none.</summary>
    public string? Of { get; init; }
}
