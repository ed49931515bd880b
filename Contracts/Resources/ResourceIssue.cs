using System.Globalization;

namespace OrleansKvRouter.Contracts.Resources;

/// <summary>Something wrong, or worth a warning, in a resource document.</summary>
public sealed record ResourceIssue
{
    /// <summary>The file, as the path was given.</summary>
    public required string File { get; init; }

    /// <summary>Line in the file, from 1; 0 when the issue is with the file itself.</summary>
    public int Line { get; init; }

    /// <summary>Column in the line, from 1; 0 as <see cref="Line"/>.</summary>
    public int Column { get; init; }

    /// <summary>Which document, for example <c>document 2 (InferencePool default/qwen)</c>; empty when the issue is with the file itself.</summary>
    public string Document { get; init; } = "";

    /// <summary>The path of the field, for example <c>spec.targetPorts[0].number</c>; empty when no field is at fault.</summary>
    public string Field { get; init; } = "";

    /// <summary>What is wrong, and what would be right.</summary>
    public required string What { get; init; }

    /// <summary>One line: <c>file:line:column: document: field: what</c>.</summary>
    public override string ToString()
    {
        var place = Line == 0 ? File : string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}");
        return string.Join(": ", new[] { place, Document, Field, What }.Where(part => part.Length > 0));
    }
}
