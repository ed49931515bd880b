using OrleansKvRouter.EppService.CommandLine;

namespace OrleansKvRouter.Silo.Hosting;

/// <summary>
/// Ends the process at once when the silo cannot go on: in most cases because the others have given it up. What it had is theirs by
/// then, so there is nothing to hand over, and every moment longer it would answer from what is not kept up to date any more.
/// </summary>
internal sealed class DeadSilo : IFatalErrorHandler
{
    public bool IsUnexpected(Exception exception) => exception is not null;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        var why = exception?.GetBaseException().Message ?? context ?? "it cannot go on";
        Console.Error.WriteLine($"kvrouter silo: the silo ends, to be started again: {why.ReplaceLineEndings(" ")}");
        Environment.Exit(ExitStatus.Failed);
    }
}
