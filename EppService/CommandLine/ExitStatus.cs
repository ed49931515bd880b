namespace OrleansKvRouter.EppService.CommandLine;

/// <summary>What the commands' exit statuses mean.</summary>
internal static class ExitStatus
{
    public const int Ok = 0;

    /// <summary>It could not be done; the message says why.</summary>
    public const int Failed = 1;

    /// <summary>The command line, a setting or a resource document is wrong.</summary>
    public const int BadInput = 2;
}
