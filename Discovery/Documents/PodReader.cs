using System.Net;
using System.Net.Sockets;
using OrleansKvRouter.Discovery.Yaml;

namespace OrleansKvRouter.Discovery.Documents;

/// <summary>
/// Reads Pods. A pod's <c>spec</c> and most of its <c>status</c> describe what runs in it and change with every Kubernetes
/// release, so they are open; <c>metadata</c> is not.
/// </summary>
internal static class PodReader
{
    public static ResourceDocument Read(Fields document, DocumentScope scope)
    {
        var metadata = Metadata.Read(document);
        document.Accept("spec");
        if (!document.Has("status")) document.Warn("status", "missing: without a podIP the pod is no endpoint");
        return document.ReadOpen("status", new PodDocument(scope, document.At, metadata, null, false), status =>
        {
            var ip = ReadIp(status);
            var condition = ReadReady(status);
            var ready = condition == true;
            if (ready && !status.Has("podIP")) status.Warn("podIP", "missing: a Ready pod without an IP is no endpoint");
            if (ip is not null && condition is null) status.Warn("conditions", "has no condition of type Ready: requests are never sent to the pod");

            // A pod that has ended may share its address with a living one.
            var ended = status.Text("phase") is "Succeeded" or "Failed";
            return new PodDocument(scope, document.At, metadata, ended ? null : ip, ready && !metadata.IsBeingDeleted);
        });
    }

    private static string? ReadIp(Fields status)
    {
        if (status.Text("podIP") is not { Length: > 0 } text) return null;
        if (IPAddress.TryParse(text, out var ip) && (ip.AddressFamily == AddressFamily.InterNetworkV6 || ip.ToString() == text)) return ip.ToString();
        status.Error("podIP", $"\"{text}\" is no IP address");
        return null;
    }

    private static bool? ReadReady(Fields status)
    {
        var conditions = status.OpenItems("conditions", condition => (Type: condition.Name("type"), Status: condition.Word("status", "True", "False", "Unknown")));
        var ready = conditions.Where(condition => condition.Type == "Ready").ToArray();
        return ready.Length == 0 ? null : ready[^1].Status == "True";
    }
}
