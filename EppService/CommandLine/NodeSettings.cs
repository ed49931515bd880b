using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.EppService.Node;
using OrleansKvRouter.KvIndex;

namespace OrleansKvRouter.EppService.CommandLine;

/// <summary>The node's settings: the one place where a setting's name, meaning and default stand.</summary>
/// <param name="more">Those that a command has beside the node's.</param>
internal sealed class NodeSettings(params Setting[] more)
{
    private static readonly NodeOptions Defaults = new() { Resources = [] };

    private readonly Setting _pool = new("pool", "NAME", "The pool that every request belongs to; otherwise the request's model chooses", null);
    private readonly Setting _extProc = new("ext-proc", "ADDR", "Where Envoy's ext_proc is answered (gRPC)", Defaults.ExtProc);
    private readonly Setting _health = new("health", "ADDR", "Where grpc.health.v1 is answered", Defaults.Health);
    private readonly Setting _admin = new("admin", "ADDR", "Admin API, Prometheus metrics and dashboard", Defaults.Admin);
    private readonly Setting _gateway = new("gateway", "ADDR", "An OpenAI-compatible reverse proxy; off unless given", null);
    private readonly Setting _events = new("events", "ADDR", "The ZeroMQ address that engines publish KV events to", Defaults.Events);
    private readonly Setting _models = new("models", "DIR", "Model files: DIR/<model>/tokenizer.json, tokenizer_config.json, optional chat_template.jinja", null);
    private readonly Setting _data = new("data", "PLACE", "Snapshots, so that a restart forgets nothing: a folder, or postgres://USER:PASSWORD@HOST:PORT/DATABASE", null);
    private readonly Setting _snapshotInterval = new("snapshot-interval", "SECONDS", "How long after a snapshot the next is written", Defaults.SnapshotInterval.TotalSeconds.ToString(CultureInfo.InvariantCulture));
    private readonly Setting _tls = new("tls", "MODE", "TLS for ext_proc: self-signed, or CERT,KEY (PEM files); plaintext unless given", null);
    private readonly Setting _indexMemory = new("index-memory", "SIZE", "Memory that each pool's index may occupy, like 4GiB; without a bound unless given", null);
    private readonly Setting _hugePages = new("huge-pages", "MODE", "on: indexes ask the system for pages of 2 MiB; off", "on");
    private readonly Setting _logLevel = new("log-level", "LEVEL", "trace, debug, information, warning, error or critical", "information");
    private readonly Setting _file = new("settings", "FILE", "A JSON file of settings by these names", null);

    private readonly Option<string[]> _resources = new("--file", "-f")
    {
        HelpName = "PATH",
        Description = "Resource documents: a file or a folder, more than once; watched [KVROUTER_FILE, separated by commas]",
        AllowMultipleArgumentsPerToken = true,
    };

    private Setting[] All => [_pool, _extProc, _health, _admin, _gateway, _events, _models, _data, _snapshotInterval, _tls, _indexMemory, _hugePages, _logLevel, .. more, _file];

    /// <summary>Adds every setting to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_resources);
        foreach (var setting in All) command.Options.Add(setting.Option);
    }

    /// <summary>The options as the command line, the environment and the settings file give them.</summary>
    public Expected<NodeOptions> Read(ParseResult line)
    {
        if (!SettingsFile(line).Try(out var settings, out var unreadable)) return unreadable;
        var resources = line.GetValue(_resources) is { Length: > 0 } given ? given : Listed(Setting.FromEnvironment("KVROUTER_FILE") ?? settings["file"]);
        if (resources.Length == 0) return new Fault("no resource documents are given", "add -f PATH");
        var level = _logLevel.Read(line, settings)!;
        if (!Enum.TryParse<LogLevel>(level, ignoreCase: true, out var logLevel) || int.TryParse(level, out _)) return new Fault($"--log-level {level} is no level", "use trace, debug, information, warning, error or critical");
        var interval = _snapshotInterval.Read(line, settings)!;
        if (!double.TryParse(interval, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) || seconds is < 0.1 or > 86_400) return new Fault($"--snapshot-interval {interval} is no number of seconds from 0.1 to 86400");
        if (!ReadIndexMemory(line, settings).Try(out var indexMemory, out var noSize)) return noSize;
        var hugePages = _hugePages.Read(line, settings)!;
        if (hugePages is not ("on" or "off")) return new Fault($"--huge-pages {hugePages} is neither on nor off", "use on or off");
        return new NodeOptions
        {
            Resources = resources,
            Pool = _pool.Read(line, settings),
            ExtProc = _extProc.Read(line, settings)!,
            Health = _health.Read(line, settings)!,
            Admin = _admin.Read(line, settings)!,
            Gateway = _gateway.Read(line, settings),
            Events = _events.Read(line, settings)!,
            Models = _models.Read(line, settings),
            Data = _data.Read(line, settings),
            SnapshotInterval = TimeSpan.FromSeconds(seconds),
            Tls = _tls.Read(line, settings),
            IndexMemory = indexMemory,
            HugePages = hugePages == "on",
            LogLevel = logLevel,
        };
    }

    /// <summary>The pool alone, for a command that needs nothing else.</summary>
    public string? ReadPool(ParseResult line) => _pool.Read(line, new ConfigurationBuilder().Build());

    private Expected<long> ReadIndexMemory(ParseResult line, IConfiguration settings)
    {
        if (_indexMemory.Read(line, settings) is not { } text) return Expected.Of(0L);
        return ByteSize.TryParse(text, out var bytes) && bytes >= IndexOptions.SmallestBound
            ? Expected.Of(bytes)
            : new Fault($"--index-memory {text} is no size that an index can keep to", "use a number of bytes with KiB, MiB or GiB behind it, at least 1MiB");
    }

    /// <summary>The settings file; empty where none is given.</summary>
    public Expected<IConfiguration> SettingsFile(ParseResult line)
    {
        var empty = new ConfigurationBuilder().Build();
        if (_file.Read(line, empty) is not { } path) return Expected.Of<IConfiguration>(empty);
        try
        {
            var settings = new ConfigurationBuilder().AddJsonFile(Path.GetFullPath(path), optional: false).Build();
            return Misplaced(settings) is { } name
                ? new Fault($"--settings {path}: \"{name}\" is no setting or has no text for a value", $"the settings are {string.Join(", ", FileNames)}")
                : Expected.Of<IConfiguration>(settings);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return new Fault($"--settings {path} cannot be read: {(e.InnerException ?? e).Message}");
        }
    }

    /// <summary>What a settings file may hold: everything but its own name.</summary>
    private IEnumerable<string> FileNames => All.Where(setting => setting != _file).Select(setting => setting.Name).Prepend("file");

    private string? Misplaced(IConfiguration settings) =>
        settings.GetChildren().FirstOrDefault(entry => entry.Value is null || !FileNames.Contains(entry.Key, StringComparer.OrdinalIgnoreCase))?.Key;

    private static string[] Listed(string? paths) => paths?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}
