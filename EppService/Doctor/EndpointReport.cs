using System.Globalization;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.EppService.Doctor;

/// <summary>One endpoint's line.</summary>
internal sealed record EndpointReport
{
    /// <summary>The heads of <see cref="Cells"/>.</summary>
    public static readonly string[] Columns =
        ["endpoint", "address", "trust", "seed", "algorithm", "block size", "events/s", "lost", "replayed", "blocks", "right", "events as in"];

    public required string Pool { get; init; }

    public required string Name { get; init; }

    public required string Address { get; init; }

    public required bool Ready { get; init; }

    public string? Scheme { get; init; }

    /// <summary>The pool's tokens a block.</summary>
    public required int BlockSize { get; init; }

    public required string Trust { get; init; }

    /// <summary>Seed, algorithm or block size that differ, what was lost, …; empty for <c>exact</c>.</summary>
    public required string Cause { get; init; }

    public DateTimeOffset? Since { get; init; }

    /// <summary>Whether the engine's PYTHONHASHSEED is the pool's: <c>equal</c>, <c>differs</c> or <c>unknown</c>.</summary>
    public required string Seed { get; init; }

    /// <summary>The same of its hash algorithm.</summary>
    public required string Algorithm { get; init; }

    /// <summary>The same of its block size.</summary>
    public required string EngineBlockSize { get; init; }

    /// <summary>The releases whose events have the form of this engine's; null until it has announced a block.</summary>
    public string? Era { get; init; }

    /// <summary>How its events name blocks: <c>integers</c>, <c>signedIntegers</c> or <c>bytes</c>.</summary>
    public string? Hashes { get; init; }

    /// <summary>Batches of KV events per second between the two readings.</summary>
    public required double BatchesPerSecond { get; init; }

    public required long Lost { get; init; }

    public required long Replayed { get; init; }

    public required long BlocksHeld { get; init; }

    /// <summary>The share of compared requests whose prediction was right to the token; null when none was compared.</summary>
    public double? Accuracy { get; init; }

    public string[] Cells() =>
    [
        Name, Address, Trust, Seed, Algorithm, EngineBlockSize, Number(BatchesPerSecond), Number(Lost), Number(Replayed), Number(BlocksHeld),
        Accuracy is { } share ? share.ToString("P1", CultureInfo.InvariantCulture) : "-",
        Era is null ? "-" : $"{Era}, {Hashes}",
    ];

    public static EndpointReport Of(Patient patient) => new()
    {
        Pool = patient.Pool.Name,
        Name = patient.Now.Name,
        Address = patient.Now.Address,
        Ready = patient.Now.Ready,
        Scheme = patient.Pool.Scheme,
        BlockSize = patient.Pool.Policy.TokenProcessor.BlockSize,
        Trust = patient.Now.Trust.State,
        Cause = patient.Now.Trust.Cause,
        Since = patient.Now.Trust.Since,
        Seed = Verdict(patient, SchemeParts.Seed),
        Algorithm = Verdict(patient, SchemeParts.Algorithm),
        EngineBlockSize = Verdict(patient, SchemeParts.BlockSize),
        Era = patient.Now.Wire?.Era,
        Hashes = patient.Now.Wire?.Hashes,
        BatchesPerSecond = patient.BatchesPerSecond,
        Lost = patient.Now.Lost,
        Replayed = patient.Now.Replayed,
        BlocksHeld = patient.Now.BlocksHeld,
        Accuracy = patient.Now.Predictions?.Accuracy,
    };

    private static string Verdict(Patient patient, SchemeParts part)
    {
        var trust = patient.Now.Trust;
        if (trust.Differs.HasFlag(part)) return "differs";
        // Of larger blocks the hashes are not compared; nothing is known of their seed.
        var compared = trust.State == "exact" || (trust.State == "mapped" && (trust.Differs & ~SchemeParts.BlockSize) != SchemeParts.None);
        return compared ? "equal" : "unknown";
    }

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
