using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.EppService.Listeners;

/// <summary>Reads a request's body whole, up to a limit.</summary>
internal static class BoundedBody
{
    public const int DefaultMaxBytes = 10 * 1024 * 1024;

    private const int MaxPromised = 1024 * 1024;

    /// <summary>True when the request has a body, be it empty.</summary>
    public static bool IsExpected(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true };

    /// <returns>The body; a fault when it has more than <paramref name="maxBytes"/> bytes (status 413), at once where its length is announced.</returns>
    public static async ValueTask<Expected<ReadOnlyMemory<byte>>> ReadAsync(HttpRequest request, int maxBytes, CancellationToken cancellation)
    {
        if (request.ContentLength > maxBytes) return TooLarge(maxBytes, $" of {request.ContentLength} bytes");

        // Room for the announced length and for noticing the end after it; a long body earns its room by arriving.
        var body = new ArrayBufferWriter<byte>((int)Math.Min(request.ContentLength ?? 4096, MaxPromised) + 1);
        while (true)
        {
            var read = await request.Body.ReadAsync(body.GetMemory(), cancellation);
            if (read == 0) return body.WrittenMemory;
            body.Advance(read);
            if (body.WrittenCount > maxBytes) return TooLarge(maxBytes, "");
        }
    }

    private static Fault TooLarge(int maxBytes, string length) =>
        new($"The request body{length} exceeds the limit of {maxBytes} bytes.", "Send a shorter request.");
}
