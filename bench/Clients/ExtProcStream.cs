using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using OrleansKvRouter.Contracts.ExtProc;

namespace OrleansKvRouter.Bench.Clients;

/// <summary>The router's answer to one request.</summary>
/// <param name="Destination"><c>ip:port</c> of the pick; null when refused.</param>
/// <param name="Status">200, or the status of the refusal.</param>
/// <param name="Error">The refusal's body; empty when picked.</param>
public sealed record ExtProcAnswer(string? Destination, int Status, string Error);

/// <summary>One ext_proc stream. Disposing it is what Envoy does when the HTTP request has ended: it frees the endpoint's load.</summary>
public sealed class ExtProcStream : IAsyncDisposable
{
    private const string DestinationHeader = "x-gateway-destination-endpoint";
    private readonly Stream _requests;
    private readonly DuplexContent _content;
    private readonly Task<HttpResponseMessage> _response;
    private Stream? _responses;
    private byte[] _frame = new byte[4096];

    internal ExtProcStream(Stream requests, DuplexContent content, Task<HttpResponseMessage> response) =>
        (_requests, _content, _response) = (requests, content, response);

    /// <summary>Sends headers and body in full-duplex mode and reads up to the answer that names the endpoint.</summary>
    public async Task<ExtProcAnswer> RouteAsync(string path, string requestId, ReadOnlyMemory<byte> body, CancellationToken cancellation = default)
    {
        var headers = new HttpHeaders { Headers = new() };
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[(":method", "POST"), (":path", path), ("content-type", "application/json"), ("x-request-id", requestId)])
            headers.Headers.Headers.Add(new HeaderValue { Key = name, RawValue = ByteString.CopyFromUtf8(value) });
        await SendAsync(new ProcessingRequest { RequestHeaders = headers }, cancellation);
        await SendAsync(new ProcessingRequest { RequestBody = new HttpBody { Body = UnsafeByteOperations.UnsafeWrap(body), EndOfStream = true } }, cancellation);
        await _requests.FlushAsync(cancellation);

        while (await ReadAsync(cancellation) is { } message)
        {
            if (message.ImmediateResponse is { } refused) return new ExtProcAnswer(null, (int)refused.Status.Code, refused.Body.ToStringUtf8());
            var header = message.RequestHeaders?.Response?.HeaderMutation?.SetHeaders.FirstOrDefault(set => set.Header.Key == DestinationHeader);
            if (header is not null) return new ExtProcAnswer(header.Header.RawValue.ToStringUtf8(), 200, "");
        }

        throw new InvalidOperationException("the router ended the stream without naming an endpoint: " + await GrpcStatusAsync());
    }

    public async ValueTask DisposeAsync()
    {
        _content.Close();
        if (_response.IsCompletedSuccessfully) (await _response).Dispose();
    }

    private async Task SendAsync(ProcessingRequest message, CancellationToken cancellation)
    {
        var length = message.CalculateSize();
        if (_frame.Length < length + 5) _frame = new byte[(length + 5) * 2];
        _frame[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(_frame.AsSpan(1), length);
        message.WriteTo(_frame.AsSpan(5, length));
        await _requests.WriteAsync(_frame.AsMemory(0, length + 5), cancellation);
    }

    private async Task<ProcessingResponse?> ReadAsync(CancellationToken cancellation)
    {
        _responses ??= await (await _response).Content.ReadAsStreamAsync(cancellation);
        if (await _responses.ReadAtLeastAsync(_frame.AsMemory(0, 5), 5, throwOnEndOfStream: false, cancellation) < 5) return null;
        var length = BinaryPrimitives.ReadInt32BigEndian(_frame.AsSpan(1));
        if (_frame.Length < length) _frame = new byte[length * 2];
        await _responses.ReadExactlyAsync(_frame.AsMemory(0, length), cancellation);
        return ProcessingResponse.Parser.ParseFrom(_frame, 0, length);
    }

    private async Task<string> GrpcStatusAsync()
    {
        var response = await _response;
        var status = new StringBuilder();
        foreach (var (name, values) in response.TrailingHeaders.Concat(response.Headers).Where(h => h.Key.StartsWith("grpc-", StringComparison.Ordinal)))
            status.Append(name).Append('=').AppendJoin(',', values).Append(' ');
        return status.ToString();
    }
}
