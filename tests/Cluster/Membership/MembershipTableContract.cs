using System.Net;
using Orleans;
using Orleans.Runtime;
using OrleansKvRouter.KvIndex.Snapshots;
using OrleansKvRouter.Silo.Membership;
using OrleansKvRouter.Storage;

namespace OrleansKvRouter.Tests.Cluster.Membership;

/// <summary>What Orleans expects of a list of silos, wherever it is kept.</summary>
public abstract class MembershipTableContract
{
    private static readonly DateTime Now = new(2026, 5, 4, 3, 2, 1, DateTimeKind.Utc);

    [Fact]
    public async Task ReadAll_NothingWritten_IsEmptyAtVersionZero()
    {
        var all = await (await OpenAsync()).ReadAll();
        Assert.Empty(all.Members);
        Assert.Equal(0, all.Version.Version);
    }

    [Fact]
    public async Task InsertRow_EveryField_ComesBack()
    {
        var table = await OpenAsync();
        var entry = Entry(1);
        entry.Status = SiloStatus.Active;
        entry.ProxyPort = 30000;
        entry.SuspectTimes = [Tuple.Create(Address(2), Now.AddTicks(7)), Tuple.Create(Address(3), Now)];
        Assert.True(await table.InsertRow(entry, (await table.ReadAll()).Version.Next()));

        var (read, etag) = Assert.Single((await table.ReadRow(entry.SiloAddress)).Members);
        Assert.NotEmpty(etag);
        Assert.Equal(
            (entry.SiloAddress, entry.Status, entry.ProxyPort, entry.HostName, entry.SiloName, entry.StartTime, entry.IAmAliveTime),
            (read.SiloAddress, read.Status, read.ProxyPort, read.HostName, read.SiloName, read.StartTime, read.IAmAliveTime));
        Assert.Equal(entry.SuspectTimes, read.SuspectTimes);
        Assert.Equal(DateTimeKind.Utc, read.IAmAliveTime.Kind);
        Assert.Empty((await table.ReadRow(Address(9))).Members);
    }

    [Fact]
    public async Task InsertRow_VersionThatIsTaken_IsFalse()
    {
        var table = await OpenAsync();
        var version = (await table.ReadAll()).Version.Next();
        Assert.True(await table.InsertRow(Entry(1), version));
        Assert.False(await table.InsertRow(Entry(2), version));
        Assert.False(await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next()));

        var all = await table.ReadAll();
        Assert.Single(all.Members);
        Assert.Equal(1, all.Version.Version);
    }

    [Fact]
    public async Task UpdateRow_StaleEtagOrVersion_IsFalseAndChangesNothing()
    {
        var table = await OpenAsync();
        var before = (await table.ReadAll()).Version.Next();
        Assert.True(await table.InsertRow(Entry(1), before));
        var first = await table.ReadAll();
        var (entry, etag) = first.Members[0];
        entry.Status = SiloStatus.Active;
        Assert.True(await table.UpdateRow(entry, etag, first.Version.Next()));

        entry.Status = SiloStatus.Dead;
        var second = await table.ReadAll();
        Assert.False(await table.UpdateRow(entry, etag, second.Version.Next()));
        Assert.False(await table.UpdateRow(entry, second.Members[0].Item2, first.Version.Next()));
        Assert.False(await table.UpdateRow(Entry(2), "0", second.Version.Next()));
        var after = await table.ReadAll();
        Assert.Equal((SiloStatus.Active, 2), (after.Members[0].Item1.Status, after.Version.Version));
    }

    [Fact]
    public async Task UpdateIAmAlive_BetweenReadAndUpdate_StandsInNobodysWay()
    {
        var table = await OpenAsync();
        Assert.True(await table.InsertRow(Entry(1), (await table.ReadAll()).Version.Next()));
        var read = await table.ReadAll();
        var sign = Entry(1);
        sign.IAmAliveTime = Now.AddMinutes(1);
        await table.UpdateIAmAlive(sign);
        await table.UpdateIAmAlive(Entry(8));
        Assert.Equal(sign.IAmAliveTime, (await table.ReadAll()).Members[0].Item1.IAmAliveTime);

        Assert.True(await table.InsertRow(Entry(2), read.Version.Next()));
        var (entry, etag) = read.Members[0];
        Assert.True(await table.UpdateRow(entry, etag, (await table.ReadAll()).Version.Next()));
    }

    [Fact]
    public async Task CleanupDefunctSiloEntries_OnlyDeadAndOld_Go()
    {
        var table = await OpenAsync();
        foreach (var (silo, status, alive) in new[] { (1, SiloStatus.Dead, Now.AddDays(-8)), (2, SiloStatus.Dead, Now), (3, SiloStatus.Active, Now.AddDays(-8)) })
        {
            var entry = Entry(silo);
            (entry.Status, entry.IAmAliveTime, entry.StartTime) = (status, alive, Now.AddDays(-9));
            Assert.True(await table.InsertRow(entry, (await table.ReadAll()).Version.Next()));
        }

        await table.CleanupDefunctSiloEntries(Now.AddDays(-7));
        Assert.Equal([Address(2), Address(3)], (await table.ReadAll()).Members.Select(member => member.Item1.SiloAddress).Order());
        await table.DeleteMembershipTableEntries("");
        Assert.Empty((await table.ReadAll()).Members);
    }

    [Fact]
    public async Task InsertRow_ManyAtOnce_NoneIsLost()
    {
        const int Silos = 8, Each = 5;
        var place = await NewPlaceAsync();
        await Task.WhenAll(Enumerable.Range(0, Silos).Select(silo => Task.Run(async () =>
        {
            using var data = Open(place);
            var table = new DocumentMembershipTable(data.Document("membership-test"));
            for (var i = 0; i < Each; i++)
            {
                var entry = Entry((silo * Each) + i);
                while (!await table.InsertRow(entry, (await table.ReadAll()).Version.Next())) await table.UpdateIAmAlive(entry);
            }
        })));

        using var last = Open(place);
        var all = await new DocumentMembershipTable(last.Document("membership-test")).ReadAll();
        Assert.Equal(Silos * Each, all.Members.Count);
        Assert.Equal(Silos * Each, all.Version.Version);
    }

    /// <summary>A place, as <c>--membership</c> names it, that nobody has used.</summary>
    protected abstract Task<string> NewPlaceAsync();

    private static DataPlace Open(string place) =>
        DataPlace.Open(place, Sharing.Shared).Try(out var data, out var fault) ? data : throw new InvalidOperationException(fault.ToString());

    private static SiloAddress Address(int silo) => SiloAddress.New(IPAddress.Loopback, 11111 + silo, silo);

    private static MembershipEntry Entry(int silo) => new()
    {
        SiloAddress = Address(silo),
        Status = SiloStatus.Joining,
        SiloName = $"silo {silo}",
        HostName = "host",
        StartTime = Now.AddHours(-1),
        IAmAliveTime = Now,
    };

    private async Task<DocumentMembershipTable> OpenAsync() => new DocumentMembershipTable(Open(await NewPlaceAsync()).Document("membership-test"));
}
