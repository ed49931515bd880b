namespace OrleansKvRouter.EppService.Node;

/// <summary>What a node waits for before it says that it is ready, beside its models.</summary>
internal interface IStartCondition
{
    /// <summary>What is not there yet, for people; null when it is.</summary>
    string? Lacking { get; }

    /// <summary>Ends when it is there.</summary>
    Task MetAsync();
}
