using System.Net;
using System.Net.Http.Headers;

namespace OrleansKvRouter.Bench.Clients;

/// <summary>What Envoy is to the router: opens one ext_proc stream for each HTTP request. Any thread may open streams.</summary>
public sealed class ExtProcClient(string address) : IDisposable
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        EnableMultipleHttp2Connections = true,
        InitialHttp2StreamWindowSize = 1 << 20,
        UseProxy = false,
    });

    private readonly Uri _method = new($"http://{address}/envoy.service.ext_proc.v3.ExternalProcessor/Process");

    public async Task<ExtProcStream> OpenAsync(CancellationToken cancellation = default)
    {
        var content = new DuplexContent();
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        var request = new HttpRequestMessage(HttpMethod.Post, _method)
        {
            Content = content,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        var response = _http.SendAsync(request, cancellation);
        _ = response.ContinueWith(
            failed => content.Fail(failed.Exception!.GetBaseException()), cancellation, TaskContinuationOptions.NotOnRanToCompletion, TaskScheduler.Default);
        return new ExtProcStream(await content.Opened, content, response);
    }

    public void Dispose() => _http.Dispose();
}
