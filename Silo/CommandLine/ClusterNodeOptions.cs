using System.Net;
using OrleansKvRouter.EppService.Node;

namespace OrleansKvRouter.Silo.CommandLine;

/// <summary>What a silo is told at its start.</summary>
internal sealed record ClusterNodeOptions
{
    /// <summary>The node in the silo. It has no data of its own: what is kept is the cluster's.</summary>
    public required NodeOptions Node { get; init; }

    /// <summary>Where the other silos reach this one.</summary>
    public required IPEndPoint Address { get; init; }

    /// <summary>The cluster's name: silos of other names have nothing to do with it.</summary>
    public required string Cluster { get; init; }

    /// <summary>Where the list of silos is kept: a folder, or the address of a PostgreSQL database. All silos of the cluster have the same.</summary>
    public required string Membership { get; init; }

    /// <summary>Where slices' snapshots are kept: a folder, or the address of a PostgreSQL database; null: nowhere.</summary>
    public string? Data { get; init; }

    /// <summary>Whether Orleans' dashboard is shown on the admin listener.</summary>
    public required bool Dashboard { get; init; }

    /// <summary>Slices of each pool's index; the same in all silos.</summary>
    public required int Slices { get; init; }

    /// <summary>How long a decision waits for what other silos hold.</summary>
    public required TimeSpan WalkPatience { get; init; }
}
