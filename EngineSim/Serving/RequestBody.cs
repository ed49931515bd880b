using Microsoft.AspNetCore.Http;

namespace OrleansKvRouter.EngineSim.Serving;

internal static class RequestBody
{
    /// <summary>The whole body.</summary>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        using var copy = new MemoryStream((int)Math.Clamp(request.ContentLength ?? 4096, 0, 1 << 20));
        await request.Body.CopyToAsync(copy, cancellation);
        return copy.GetBuffer().AsMemory(0, (int)copy.Length);
    }
}
