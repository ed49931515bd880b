using System.CommandLine;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.EppService.CommandLine;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.Slices;
using OrleansKvRouter.Storage.Postgres;

namespace OrleansKvRouter.Silo.CommandLine;

/// <summary>A silo's settings: the node's, and those of the cluster.</summary>
internal sealed class SiloSettings
{
    private const string FilePrefix = "file:";
    private const int LongestName = 63;
    private const int UsualPort = 11111;

    private readonly NodeSettings _node;
    private readonly Setting _silo = new("silo", "ADDR", "Where the other silos reach this one; the pod's address where POD_IP is set", $"{Environment.GetEnvironmentVariable("POD_IP") ?? "127.0.0.1"}:{UsualPort}");
    private readonly Setting _cluster = new("cluster", "NAME", "The cluster's name; silos of one name share everything", "kvrouter");
    private readonly Setting _membership = new("membership", "PLACE", "Where the list of silos is kept: file:FOLDER (one machine) or postgres://…; what --data names unless given", null);
    private readonly Setting _slices = new("slices", "NUMBER", "Slices of each pool's index, the same in all silos and for good", SliceMap.DefaultSlices.ToString(CultureInfo.InvariantCulture));
    private readonly Setting _patience = new("walk-patience", "MILLISECONDS", "How long a decision waits for what other silos hold; after that it is made without", "20");
    private readonly Setting _dashboard = new("orleans-dashboard", "MODE", "on: Orleans' dashboard at /orleans of the admin listener; off; auto: on where that is a loopback address", "auto");

    public SiloSettings() => _node = new NodeSettings(_silo, _cluster, _membership, _slices, _patience, _dashboard);

    /// <summary>Adds every setting to a command.</summary>
    public void AddTo(Command command) => _node.AddTo(command);

    /// <summary>The options as the command line, the environment and the settings file give them.</summary>
    public Expected<ClusterNodeOptions> Read(ParseResult line)
    {
        if (!_node.Read(line).Try(out var node, out var fault)) return fault;
        if (!_node.SettingsFile(line).Try(out var settings, out fault)) return fault;
        if (!ReadAddress(line, settings).Try(out var address, out fault)) return fault;
        if (!ReadMembership(line, settings, node.Data).Try(out var membership, out fault)) return fault;
        var cluster = _cluster.Read(line, settings)!;
        if (cluster.Length > LongestName || !cluster.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-')) return new Fault($"--cluster {cluster} is no name", $"use up to {LongestName} letters, digits and dashes");
        var number = _slices.Read(line, settings)!;
        if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var slices) || slices is < 1 or > SliceMap.MaxSlices) return new Fault($"--slices {number} is no number from 1 to {SliceMap.MaxSlices}");
        if (node.IndexMemory > 0 && node.IndexMemory / slices < IndexOptions.SmallestBound) return new Fault($"--index-memory is too little for {slices} slices", "give at least 1MiB for each");
        var wait = _patience.Read(line, settings)!;
        if (!int.TryParse(wait, NumberStyles.None, CultureInfo.InvariantCulture, out var patience) || patience is < 1 or > 60_000) return new Fault($"--walk-patience {wait} is no number of milliseconds from 1 to 60000");
        if (!ReadDashboard(line, settings, node.Admin).Try(out var dashboard, out fault)) return fault;
        return new ClusterNodeOptions { Node = node with { Data = null }, Address = address, Cluster = cluster, Membership = membership, Data = node.Data, Slices = slices, WalkPatience = TimeSpan.FromMilliseconds(patience), Dashboard = dashboard };
    }

    private Expected<IPEndPoint> ReadAddress(ParseResult line, IConfiguration settings)
    {
        var text = _silo.Read(line, settings)!;
        return IPEndPoint.TryParse(text, out var address) && address.Port > 0 && !address.Address.Equals(IPAddress.Any) && !address.Address.Equals(IPAddress.IPv6Any)
            ? address
            : new Fault($"--silo {text} is no address at which others reach this silo", $"give ip:port, for example 127.0.0.1:{UsualPort}");
    }

    private Expected<bool> ReadDashboard(ParseResult line, IConfiguration settings, string admin) => _dashboard.Read(line, settings) switch
    {
        "on" => true,
        "off" => false,
        "auto" => IPEndPoint.TryParse(admin, out var address) && IPAddress.IsLoopback(address.Address),
        var text => new Fault($"--orleans-dashboard {text} is none of its modes", "use on, off or auto"),
    };

    private Expected<string> ReadMembership(ParseResult line, IConfiguration settings, string? data) => _membership.Read(line, settings) switch
    {
        null => data ?? PlaceOfUser(),
        var text when text.StartsWith(FilePrefix, StringComparison.Ordinal) && text.Length > FilePrefix.Length => text[FilePrefix.Length..],
        var text when PostgresAddress.IsOne(text) => text,
        "kubernetes" => new Fault("--membership kubernetes is not there yet", "use postgres://USER:PASSWORD@HOST:PORT/DATABASE, which pods of a cluster can share"),
        var text => new Fault($"--membership {text} is no place", "give file:FOLDER or postgres://USER:PASSWORD@HOST:PORT/DATABASE"),
    };

    /// <summary>Without any place, silos of one user on one machine still find each other.</summary>
    private static string PlaceOfUser() => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "kvrouter");
}
