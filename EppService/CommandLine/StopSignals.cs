using System.Runtime.InteropServices;

namespace OrleansKvRouter.EppService.CommandLine;

/// <summary>SIGTERM and SIGINT, which ask a node to drain and do not end the process.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly TaskCompletionSource _requested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals() => _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, Note), PosixSignalRegistration.Create(PosixSignal.SIGINT, Note)];

    /// <summary>Ends when the process is asked to stop.</summary>
    public Task Requested => _requested.Task;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }

    private void Note(PosixSignalContext signal)
    {
        signal.Cancel = true;
        _requested.TrySetResult();
    }
}
