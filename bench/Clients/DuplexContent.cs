using System.Net;

namespace OrleansKvRouter.Bench.Clients;

/// <summary>A request body that is written while the response is read: one direction of a bidirectional gRPC stream.</summary>
internal sealed class DuplexContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The stream to write to, once the request is under way.</summary>
    public Task<Stream> Opened => _opened.Task;

    /// <summary>Ends the request's direction.</summary>
    public void Close() => _closed.TrySetResult();

    /// <summary>The request failed before or after it was opened: nobody shall wait for it.</summary>
    public void Fail(Exception reason)
    {
        _opened.TrySetException(reason);
        _closed.TrySetResult();
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        // The empty write sends the request's headers, without which the server would not answer.
        await stream.FlushAsync();
        _opened.TrySetResult(stream);
        await _closed.Task;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}
