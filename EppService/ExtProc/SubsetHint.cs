using Google.Protobuf.WellKnownTypes;
using OrleansKvRouter.Contracts.ExtProc;

namespace OrleansKvRouter.EppService.ExtProc;

/// <summary>
/// The endpoints that the data plane allows (endpoint picker protocol 0.3.0 on): a list of strings, or one string with
/// commas, which is what Envoy's own filters make of a header.
/// </summary>
internal static class SubsetHint
{
    public const string Namespace = "envoy.lb.subset_hint";
    public const string Key = "x-gateway-destination-endpoint-subset";

    /// <returns>
    /// Null when there is no hint: every endpoint is allowed. An empty list, also for a value of a type that lists
    /// nothing, allows none.
    /// </returns>
    public static IReadOnlyList<string>? Of(Metadata? metadata)
    {
        if (metadata is null) return null;
        if (!metadata.FilterMetadata.TryGetValue(Namespace, out var hints) || !hints.Fields.TryGetValue(Key, out var hint)) return null;

        var endpoints = new List<string>();
        if (hint.KindCase == Value.KindOneofCase.ListValue)
        {
            foreach (var element in hint.ListValue.Values) AddEach(element.StringValue, endpoints);
        }
        else
        {
            AddEach(hint.StringValue, endpoints);
        }

        return endpoints;
    }

    private static void AddEach(string commaSeparated, List<string> endpoints) =>
        endpoints.AddRange(commaSeparated.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
