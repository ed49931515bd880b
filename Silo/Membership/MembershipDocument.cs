using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansKvRouter.Silo.Membership;

/// <summary>The list of silos as it is kept: JSON. Field names are for good.</summary>
/// <param name="Version">Goes up with every change but a sign of life.</param>
/// <param name="Silos">The silos, also some that are dead.</param>
internal sealed record MembershipDocument(int Version, IReadOnlyList<SiloRow> Silos)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static MembershipDocument Empty { get; } = new(0, []);

    /// <summary>What Orleans compares before it writes: a number, unlike the document's own version, that signs of life do not change.</summary>
    [JsonIgnore]
    public TableVersion TableVersion => new(Version, Version.ToString(CultureInfo.InvariantCulture));

    /// <summary>Reads a document; nothing at all is the empty one. One that is damaged or of another kind is an <see cref="IOException"/>.</summary>
    public static MembershipDocument Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty) return Empty;
        try
        {
            return JsonSerializer.Deserialize<MembershipDocument>(bytes.Span, Json) is { Silos: not null } document
                ? document
                : throw new IOException("the list of silos cannot be read: it is empty");
        }
        catch (JsonException e)
        {
            throw new IOException($"the list of silos cannot be read: {e.Message}", e);
        }
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>A silo's row; null where it has none.</summary>
    public SiloRow? Find(SiloAddress silo) => Silos.FirstOrDefault(row => row.Address == silo.ToParsableString());

    /// <summary>The same with another row in the place of the silo's.</summary>
    public MembershipDocument With(SiloRow row) => this with { Silos = [.. Silos.Where(other => other.Address != row.Address), row] };
}
