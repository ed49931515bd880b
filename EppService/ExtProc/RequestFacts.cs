using System.Globalization;
using OrleansKvRouter.Contracts.ExtProc;

namespace OrleansKvRouter.EppService.ExtProc;

/// <summary>What the decision needs of a request's headers and metadata.</summary>
/// <param name="RequestId">The client's <c>x-request-id</c>, or a new GUID.</param>
/// <param name="Path"><c>:path</c>; empty when the data plane does not forward it.</param>
/// <param name="ContentLength">The body's announced length in bytes; null when not announced.</param>
/// <param name="Subset">The only endpoints allowed; null: any.</param>
internal sealed record RequestFacts(string RequestId, string Path, long? ContentLength, IReadOnlyList<string>? Subset)
{
    public static RequestFacts From(HttpHeaders headers, Metadata? metadata)
    {
        string? id = null, path = null;
        long? length = null;
        foreach (var header in headers.Headers?.Headers ?? [])
        {
            switch (header.Key)
            {
                case "x-request-id":
                    id ??= TextOf(header);
                    break;
                case ":path":
                    path ??= TextOf(header);
                    break;
                case "content-length":
                    length = long.TryParse(TextOf(header), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : null;
                    break;
            }
        }

        return new RequestFacts(string.IsNullOrEmpty(id) ? Guid.NewGuid().ToString() : id, path ?? "", length, SubsetHint.Of(metadata));
    }

    /// <summary>Envoy fills <c>raw_value</c>; whoever fills <c>value</c> instead is understood too.</summary>
    public static string TextOf(HeaderValue header) => header.RawValue.IsEmpty ? header.Value : header.RawValue.ToStringUtf8();
}
