using Microsoft.Extensions.Logging;

namespace OrleansKvRouter.EppService.Node;

/// <summary>What a node is told at its start. Each has an option, an environment variable and a setting of the same name.</summary>
public sealed record NodeOptions
{
    /// <summary>Resource documents: files, or folders of them.</summary>
    public required IReadOnlyList<string> Resources { get; init; }

    /// <summary>The one pool that every request belongs to; null: chosen by the request's model.</summary>
    public string? Pool { get; init; }

    /// <summary>Where Envoy's ext_proc is answered.</summary>
    public string ExtProc { get; init; } = "127.0.0.1:9002";

    /// <summary>Where <c>grpc.health.v1</c> is answered.</summary>
    public string Health { get; init; } = "127.0.0.1:9003";

    /// <summary>Where the admin API, the metrics and the dashboard are.</summary>
    public string Admin { get; init; } = "127.0.0.1:9090";

    /// <summary>Where the OpenAI-compatible reverse proxy listens; null: nowhere.</summary>
    public string? Gateway { get; init; }

    /// <summary>The ZeroMQ address that engines publish to.</summary>
    public string Events { get; init; } = "tcp://*:5557";

    /// <summary>The folder of model files; null: nothing can be tokenized.</summary>
    public string? Models { get; init; }

    /// <summary>Where snapshots are kept, a folder or the address of a PostgreSQL database with its password; null: a restart forgets what the engines hold.</summary>
    public string? Data { get; init; }

    /// <summary>How long after a snapshot the next is written.</summary>
    public TimeSpan SnapshotInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Null for plaintext, <c>self-signed</c>, or <c>CERT,KEY</c> (PEM files), for ext_proc.</summary>
    public string? Tls { get; init; }

    /// <summary>Bytes that a pool's index may occupy; 0 for no bound.</summary>
    public long IndexMemory { get; init; }

    /// <summary>Whether indexes ask the system for huge pages.</summary>
    public bool HugePages { get; init; } = true;

    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}
