using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace OrleansKvRouter.EppService.Admin;

/// <summary>
/// One file of the dashboard, embedded in the assembly. The content security policy lets the page load and ask
/// nothing but this listener and run nothing but its own scripts.
/// </summary>
internal sealed class DashboardFile
{
    private const string Folder = "Dashboard/";

    private const string SecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private readonly byte[] _content;
    private readonly string _contentType;
    private readonly string _tag;

    private DashboardFile(string resource)
    {
        var name = resource[Folder.Length..];
        Path = name == "index.html" ? "/" : $"/{name}";
        _contentType = System.IO.Path.GetExtension(name) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            var other => throw new InvalidOperationException($"the dashboard has no content type for {other}"),
        };
        using var stream = typeof(DashboardFile).Assembly.GetManifestResourceStream(resource)!;
        _content = new byte[stream.Length];
        stream.ReadExactly(_content);
        _tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(_content).AsSpan(0, 8))}\"";
    }

    /// <summary>Everything embedded under <c>Dashboard/</c>; the page itself is at the root.</summary>
    public static IReadOnlyList<DashboardFile> All { get; } =
    [
        .. typeof(DashboardFile).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .Select(name => new DashboardFile(name)),
    ];

    public string Path { get; }

    public async Task WriteAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = SecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache";
        headers.ETag = _tag;
        if (context.Request.Headers.IfNoneMatch.Contains(_tag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentType = _contentType;
        context.Response.ContentLength = _content.Length;
        await context.Response.Body.WriteAsync(_content, context.RequestAborted);
    }
}
