namespace OrleansKvRouter.Tests.Cluster.Processes;

/// <summary>Minutes of load on several processes, which not every machine that runs tests can take. Run where <c>KVROUTER_TRIALS=1</c> is set.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TrialFactAttribute : FactAttribute
{
    public TrialFactAttribute() => Skip = Trials.Reason;
}

/// <inheritdoc cref="TrialFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TrialTheoryAttribute : TheoryAttribute
{
    public TrialTheoryAttribute() => Skip = Trials.Reason;
}

internal static class Trials
{
    /// <summary>Why they are not run; null where they are.</summary>
    public static string? Reason =>
        Environment.GetEnvironmentVariable("KVROUTER_TRIALS") == "1" ? null : "Minutes of load, and not steady yet: set KVROUTER_TRIALS=1, or run ./kvrouter bench cluster --kills 2";
}
