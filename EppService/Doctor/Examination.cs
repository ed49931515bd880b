using OrleansKvRouter.Contracts.Admin;

namespace OrleansKvRouter.EppService.Doctor;

/// <summary>What a running node says of itself, read twice.</summary>
/// <param name="Node">The node at the second reading.</param>
/// <param name="Before">The pools at the first reading.</param>
/// <param name="Pools">The pools at the second reading.</param>
/// <param name="Elapsed">Between the readings.</param>
internal sealed record Examination(NodeStatus Node, IReadOnlyList<PoolStatus> Before, IReadOnlyList<PoolStatus> Pools, TimeSpan Elapsed)
{
    /// <summary>Every endpoint with its pool.</summary>
    public IEnumerable<Patient> Patients =>
        from pool in Pools
        from endpoint in pool.Endpoints
        select new Patient(this, pool, endpoint, Earlier(pool, endpoint));

    private EndpointStatus? Earlier(PoolStatus pool, EndpointStatus endpoint) => Before
        .FirstOrDefault(b => b.Namespace == pool.Namespace && b.Name == pool.Name)?.Endpoints
        .FirstOrDefault(b => b.Name == endpoint.Name && b.Address == endpoint.Address);
}

/// <summary>One endpoint under examination.</summary>
/// <param name="Examination">Of which it is part.</param>
/// <param name="Pool">Its pool.</param>
/// <param name="Now">The endpoint at the second reading.</param>
/// <param name="Before">The endpoint at the first reading; null when it was not there.</param>
internal sealed record Patient(Examination Examination, PoolStatus Pool, EndpointStatus Now, EndpointStatus? Before)
{
    public string Name => $"{Pool.Name}/{Now.Name} ({Now.Address})";

    /// <summary>Whether its events matter.</summary>
    public bool IsTracked => Now.Predictions is not null;

    /// <summary>Batches of events per second between the readings.</summary>
    public double BatchesPerSecond =>
        Before is null || Examination.Elapsed <= TimeSpan.Zero ? 0 : Math.Max(0, Now.Batches - Before.Batches) / Examination.Elapsed.TotalSeconds;
}

/// <summary>Something that a rule found.</summary>
/// <param name="IsProblem">False for a remark about a node that works.</param>
/// <param name="Subject">What it is about: the node, a pool or an endpoint.</param>
/// <param name="What">What is the case.</param>
/// <param name="Mend">The flag of the engine, or the field of the policy, to change.</param>
internal sealed record Finding(bool IsProblem, string Subject, string What, string Mend);

/// <summary>One thing that can be wrong.</summary>
internal interface IRule
{
    IEnumerable<Finding> Check(Examination examination);
}

/// <summary>One thing that can be wrong with an endpoint.</summary>
internal abstract class EndpointRule : IRule
{
    public IEnumerable<Finding> Check(Examination examination) => examination.Patients.Select(Check).OfType<Finding>();

    /// <returns>Null when there is nothing to say.</returns>
    protected abstract Finding? Check(Patient patient);

    protected static Finding Problem(Patient patient, string what, string mend) => new(true, patient.Name, what, mend);

    protected static Finding Remark(Patient patient, string what, string mend) => new(false, patient.Name, what, mend);
}
