using System.CommandLine;
using Microsoft.Extensions.Configuration;

namespace OrleansKvRouter.EppService.CommandLine;

/// <summary>
/// One setting of the node. It can be given as an option (<c>--ext-proc</c>), as an environment variable
/// (<c>KVROUTER_EXT_PROC</c>) and in the settings file (<c>"ext-proc"</c>); the first of these that is given counts.
/// </summary>
internal sealed class Setting
{
    private const string EnvironmentPrefix = "KVROUTER_";

    public Setting(string name, string value, string description, string? fallback)
    {
        Name = name;
        Fallback = fallback;
        Option = new Option<string?>($"--{name}")
        {
            HelpName = value,
            Description = $"{description} [{EnvironmentVariable}{(fallback is null ? "" : $"; default {fallback}")}]",
        };
    }

    public string Name { get; }

    public string? Fallback { get; }

    public Option<string?> Option { get; }

    public string EnvironmentVariable => EnvironmentPrefix + Name.ToUpperInvariant().Replace('-', '_');

    /// <summary>The value, or the default.</summary>
    public string? Read(ParseResult line, IConfiguration settings) =>
        line.GetValue(Option) ?? FromEnvironment(EnvironmentVariable) ?? settings[Name] ?? Fallback;

    /// <summary>A variable that is set to nothing is as good as unset: deployment templates leave such behind.</summary>
    public static string? FromEnvironment(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}
