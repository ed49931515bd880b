using System.Globalization;
using System.Text.Json.Serialization;

namespace OrleansKvRouter.Silo.Membership;

/// <summary>A silo in the list.</summary>
/// <param name="Address">Its address and generation, as Orleans writes them.</param>
/// <param name="Status">Orleans' number of its status.</param>
/// <param name="Etag">Goes up with every change of the row but a sign of life.</param>
/// <param name="Name">Its name.</param>
/// <param name="Host">The machine's.</param>
/// <param name="ProxyPort">Where clients of Orleans reach it; 0: nowhere.</param>
/// <param name="Started">When it started, UTC.</param>
/// <param name="Alive">Its last sign of life, UTC.</param>
/// <param name="Suspicions">Who thinks it dead, and since when.</param>
internal sealed record SiloRow(string Address, int Status, int Etag, string Name, string Host, int ProxyPort, DateTime Started, DateTime Alive, IReadOnlyList<Suspicion> Suspicions)
{
    [JsonIgnore]
    public string EtagText => Etag.ToString(CultureInfo.InvariantCulture);

    public static SiloRow Of(MembershipEntry entry, int etag) => new(
        entry.SiloAddress.ToParsableString(),
        (int)entry.Status,
        etag,
        entry.SiloName ?? "",
        entry.HostName ?? "",
        entry.ProxyPort,
        entry.StartTime,
        entry.IAmAliveTime,
        [.. (entry.SuspectTimes ?? []).Select(suspect => new Suspicion(suspect.Item1.ToParsableString(), suspect.Item2))]);

    public MembershipEntry ToEntry() => new()
    {
        SiloAddress = SiloAddress.FromParsableString(Address),
        Status = (SiloStatus)Status,
        SiloName = Name,
        HostName = Host,
        ProxyPort = ProxyPort,
        StartTime = Started,
        IAmAliveTime = Alive,
        SuspectTimes = [.. Suspicions.Select(suspicion => Tuple.Create(SiloAddress.FromParsableString(suspicion.By), suspicion.Since))],
    };
}

/// <summary>A silo's doubt that another lives.</summary>
internal sealed record Suspicion(string By, DateTime Since);
