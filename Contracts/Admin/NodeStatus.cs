using System.Text.Json.Serialization;

namespace OrleansKvRouter.Contracts.Admin;

/// <summary>The node itself, as <c>GET /api/node</c> shows it.</summary>
/// <param name="Version">The product's version.</param>
/// <param name="Ready">What <c>/readyz</c> says.</param>
/// <param name="NotReady">Why it is not ready, one reason a line; empty when it is.</param>
/// <param name="ResourceErrors">What is wrong in the resource documents now; the last good version is in force meanwhile.</param>
/// <param name="Events">The ZeroMQ address that it listens for engines' events on.</param>
public sealed record NodeStatus(string Version, bool Ready, IReadOnlyList<string> NotReady, IReadOnlyList<ResourceError> ResourceErrors, string Events);

/// <summary>A resource document that was not accepted.</summary>
/// <param name="Source">File and document, or the object's name.</param>
/// <param name="Message">What is wrong and how to mend it.</param>
/// <param name="Since">When it was first seen.</param>
public sealed record ResourceError(string Source, string Message, DateTimeOffset Since);

/// <summary>An error of the admin API: an RFC 9457 problem document (<c>application/problem+json</c>).</summary>
/// <param name="Type">A URI reference for the kind of problem; <c>about:blank</c> where the status says it all.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What is wrong and how to mend it.</param>
/// <param name="Field">The field, parameter or path segment at fault, where known.</param>
public sealed record Problem(
    string Type,
    string Title,
    int Status,
    string Detail,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Field = null);
