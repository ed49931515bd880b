using System.Net.Sockets;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.Conformance.Support;

/// <summary>An nginx of the test's own, which passes gRPC on: another HTTP/2 implementation on the way.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private readonly Peer _process;

    private Nginx(Peer process, string address) => (_process, Address) = (process, address);

    public string Address { get; }

    /// <param name="folder">Where it may write; an existing empty folder.</param>
    /// <param name="target">Where it passes calls on to, <c>host:port</c>.</param>
    public static async Task<Nginx> StartAsync(string folder, string target)
    {
        var port = Ports.Take();
        var temporary = string.Concat(new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(k => $"{k}_temp_path {folder}/{k};\n"));
        var config = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(config, $$"""
            daemon off;
            master_process off;
            pid {{folder}}/nginx.pid;
            error_log stderr warn;
            events { worker_connections 1024; }
            http {
              access_log off;
              {{temporary}}
              server {
                listen 127.0.0.1:{{port}} http2;
                client_max_body_size 0;
                client_body_timeout 120s;
                keepalive_requests 1000000;
                http2_max_concurrent_streams 1000;
                grpc_read_timeout 120s;
                grpc_send_timeout 120s;
                grpc_buffer_size 128k;
                location / { grpc_pass grpc://{{target}}; }
              }
            }
            """);
        var nginx = new Nginx(Peer.Start("nginx", ["-c", config, "-p", folder, "-e", "stderr"]), $"127.0.0.1:{port}");
        await Eventually.TrueAsync(() => nginx.Listens(port), "nginx listens");
        return nginx;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private bool Listens(int port)
    {
        if (_process.HasExited) throw new InvalidOperationException($"nginx ended: {_process.Errors}");
        try
        {
            using var probe = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
