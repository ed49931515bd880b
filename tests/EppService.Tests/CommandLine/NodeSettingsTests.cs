using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.EppService.CommandLine;
using OrleansKvRouter.EppService.Node;

namespace OrleansKvRouter.Tests.EppService.CommandLine;

/// <summary>Command line before environment before settings file before default, for every setting.</summary>
[Collection(ProgramCollection.Name)]
public sealed class NodeSettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kvrouter-settings-").FullName;
    private readonly List<string> _variables = [];

    public static TheoryData<string, string, string, string, string?> Settings => new()
    {
        { "pool", "one", "two", "three", null },
        { "ext-proc", "1.1.1.1:1", "2.2.2.2:2", "3.3.3.3:3", "127.0.0.1:9002" },
        { "health", "1.1.1.1:1", "2.2.2.2:2", "3.3.3.3:3", "127.0.0.1:9003" },
        { "admin", "1.1.1.1:1", "2.2.2.2:2", "3.3.3.3:3", "127.0.0.1:9090" },
        { "gateway", "1.1.1.1:1", "2.2.2.2:2", "3.3.3.3:3", null },
        { "events", "tcp://1.1.1.1:1", "tcp://2.2.2.2:2", "tcp://3.3.3.3:3", "tcp://*:5557" },
        { "models", "/one", "/two", "/three", null },
        { "data", "/one", "/two", "/three", null },
        { "snapshot-interval", "1.5", "2", "0.1", "5" },
        { "tls", "self-signed", "a,b", "c,d", null },
        { "index-memory", "1048576", "2MiB", "3GiB", "0" },
        { "huge-pages", "off", "on", "off", "on" },
        { "log-level", "Debug", "Error", "Trace", "Information" },
        { "file", "one.yaml", "two.yaml", "three.yaml", "" },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Read_SettingFromEverySource_TheNearestCounts(string name, string line, string environment, string file, string? fallback)
    {
        var settings = SettingsFile($$"""{"{{name}}":"{{file}}"}""");
        string[] rest = name == "file" ? ["--settings", settings] : ["-f", "resources", "--settings", settings];
        Set(name, environment);
        Assert.Equal(line, Value(name, [.. rest, $"--{name}", line]));
        Assert.Equal(environment, Value(name, rest));
        Set(name, "");
        Assert.Equal(file, Value(name, rest));
        Set(name, null);
        Assert.Equal(file, Value(name, rest));
        if (name != "file") Assert.Equal(fallback, Value(name, rest[..2]));
    }

    [Fact]
    public void Read_SettingsFileFromTheEnvironment_IsRead()
    {
        Set("settings", SettingsFile("""{"gateway":"127.0.0.1:1","file":"a.yaml, b"}"""));
        var options = Read([]).Value!;
        Assert.Equal("127.0.0.1:1", options.Gateway);
        Assert.Equal(["a.yaml", "b"], options.Resources);
    }

    [Fact]
    public void Read_SeveralFiles_AllCount()
    {
        Assert.Equal(["a", "b", "c"], Read(["-f", "a", "b", "-f", "c"]).Value!.Resources);
        Set("file", "d,e");
        Assert.Equal(["d", "e"], Read([]).Value!.Resources);
    }

    [Fact]
    public void Read_NoFile_SaysHow()
    {
        Assert.False(Read([]).Try(out _, out var fault));
        Assert.Contains("-f PATH", fault.Mend, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--index-memory", "4GB")]
    [InlineData("--index-memory", "-1MiB")]
    [InlineData("--index-memory", "1KiB")]
    [InlineData("--index-memory", "9999999999GiB")]
    [InlineData("--huge-pages", "yes")]
    public void Read_ValueThatMeansNothing_IsAFaultThatNamesIt(string option, string value)
    {
        Assert.False(Read(["-f", "resources", option, value]).Try(out _, out var fault));
        Assert.Contains($"{option} {value}", fault.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"gatway":"127.0.0.1:1"}""", "gatway")]
    [InlineData("""{"gateway":{"address":"127.0.0.1:1"}}""", "gateway")]
    [InlineData("""{"file":["a","b"]}""", "file")]
    [InlineData("""{"settings":"other.json"}""", "settings")]
    [InlineData("""{"gateway":""", "settings.json")]
    [InlineData("[]", "settings.json")]
    public void Read_SettingsFileWithAMistake_IsAFaultThatNamesIt(string text, string says)
    {
        var path = SettingsFile(text);
        Assert.False(Read(["-f", "resources", "--settings", path]).Try(out _, out var fault));
        Assert.Contains(path, fault.What, StringComparison.Ordinal);
        Assert.Contains(says, fault.What, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        foreach (var variable in _variables) Environment.SetEnvironmentVariable(variable, null);
        Directory.Delete(_folder, recursive: true);
    }

    private static Expected<NodeOptions> Read(string[] line)
    {
        var settings = new NodeSettings();
        var command = new Command("serve");
        settings.AddTo(command);
        var parsed = command.Parse(line);
        Assert.Empty(parsed.Errors);
        return settings.Read(parsed);
    }

    private static string? Value(string name, string[] line)
    {
        Assert.True(Read(line).Try(out var options, out var fault), fault?.ToString());
        return name switch
        {
            "pool" => options.Pool,
            "ext-proc" => options.ExtProc,
            "health" => options.Health,
            "admin" => options.Admin,
            "gateway" => options.Gateway,
            "events" => options.Events,
            "models" => options.Models,
            "data" => options.Data,
            "snapshot-interval" => options.SnapshotInterval.TotalSeconds.ToString(CultureInfo.InvariantCulture),
            "tls" => options.Tls,
            "index-memory" => options.IndexMemory switch { 2 << 20 => "2MiB", 3L << 30 => "3GiB", var bytes => bytes.ToString(CultureInfo.InvariantCulture) },
            "huge-pages" => options.HugePages ? "on" : "off",
            "log-level" => options.LogLevel.ToString(),
            _ => Assert.Single(options.Resources),
        };
    }

    private string SettingsFile(string text)
    {
        var path = Path.Combine(_folder, "settings.json");
        File.WriteAllText(path, text);
        return path;
    }

    private void Set(string name, string? value)
    {
        var variable = $"KVROUTER_{name.ToUpperInvariant().Replace('-', '_')}";
        _variables.Add(variable);
        Environment.SetEnvironmentVariable(variable, value);
    }
}
