namespace OrleansKvRouter.Tests.Cluster.Processes;

/// <summary>Minutes of load on several processes, which not every machine that runs tests can take. Run where <c>KVROUTER_TRIALS=1</c> is set.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TrialFactAttribute : FactAttribute
{
    public TrialFactAttribute() => Skip = Trials.Reason;
}

internal static class Trials
{
    /// <summary>Why they are not run; null where they are.</summary>
    public static string? Reason =>
        Environment.GetEnvironmentVariable("KVROUTER_TRIALS") == "1" ? null : "Two minutes of load that want two processors to themselves: set KVROUTER_TRIALS=1";
}
