using System.Buffers;
using System.Net;
using OrleansKvRouter.Contracts.Engines;

namespace OrleansKvRouter.Discovery.Metrics;

/// <summary>Why a scrape gave no metrics.</summary>
/// <param name="Outcome">For the counter: timeout, unreachable, status, too_large, unrecognized.</param>
/// <param name="Cause">For the log.</param>
internal sealed record ScrapeFailure(string Outcome, string Cause);

/// <summary>Fetches one engine's metrics. Safe for any number of scrapes at once.</summary>
internal sealed class ScrapeClient(ScrapeOptions options, TimeProvider time) : IDisposable
{
    /// <summary>A line of interest is some hundred bytes; one that does not fit is skipped.</summary>
    private const int BufferBytes = 32 << 10;

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        MaxConnectionsPerServer = 1,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        ActivityHeadersPropagator = null,
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    public void Dispose() => _http.Dispose();

    /// <summary>Scrapes once. Throws only when <paramref name="cancellation"/> asks to.</summary>
    /// <param name="url">The metrics page.</param>
    /// <param name="rank">As <see cref="EngineMetricsReader"/> has it.</param>
    /// <param name="cancellation">Ends the scrape.</param>
    public async Task<(EngineMetrics? Metrics, ScrapeFailure? Failure)> ScrapeAsync(Uri url, int? rank, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            return await FetchAsync(url, rank, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (null, new ScrapeFailure("timeout", $"no answer within {options.Timeout.TotalSeconds} s"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (null, new ScrapeFailure("unreachable", e.Message));
        }
    }

    private async Task<(EngineMetrics?, ScrapeFailure?)> FetchAsync(Uri url, int? rank, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        using var response = await _http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (response.StatusCode != HttpStatusCode.OK) return (null, new ScrapeFailure("status", $"status {(int)response.StatusCode}"));

        var reader = new EngineMetricsReader(rank);
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        if (!await ReadAsync(body, reader, cancellation)) return (null, new ScrapeFailure("too_large", $"longer than {options.MaxBytes} bytes"));
        return reader.Finish(started) is { } metrics ? (metrics, null) : (null, new ScrapeFailure("unrecognized", "not all of vLLM's load gauges are in it"));
    }

    /// <summary>False when the body is too long.</summary>
    private async Task<bool> ReadAsync(Stream body, EngineMetricsReader reader, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int total = 0, kept = 0;
            while (await body.ReadAsync(buffer.AsMemory(kept), cancellation) is var got and > 0)
            {
                total += got;
                if (total > options.MaxBytes) return false;
                var filled = kept + got;
                kept = reader.Read(buffer.AsSpan(0, filled));

                if (kept == buffer.Length)
                {
                    reader.SkipLine();
                    kept = 0;
                }

                buffer.AsSpan(filled - kept, kept).CopyTo(buffer);
            }

            reader.ReadLine(buffer.AsSpan(0, kept));
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
