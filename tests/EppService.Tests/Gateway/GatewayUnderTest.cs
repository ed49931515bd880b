using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansKvRouter.EppService.Feedback;
using OrleansKvRouter.EppService.Gateway;
using OrleansKvRouter.EppService.Routing;

namespace OrleansKvRouter.Tests.EppService.Gateway;

/// <summary>A gateway on loopback with a picker that the test scripts, and a client for it.</summary>
internal sealed class GatewayUnderTest : IAsyncDisposable
{
    private readonly GatewayServer _server;

    private GatewayUnderTest(GatewayServer server, ScriptedPicker picker)
    {
        (_server, Picker) = (server, picker);
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = new Uri($"http://{server.Address}") };
    }

    public ScriptedPicker Picker { get; }

    public HttpClient Client { get; }

    public IPEndPoint Address => _server.Address;

    /// <param name="pick">What the picker says.</param>
    /// <param name="options">By default with patience that no busy machine uses up.</param>
    public static async Task<GatewayUnderTest> StartAsync(Func<PickRequest, PickOutcome> pick, GatewayOptions? options = null)
    {
        var picker = new ScriptedPicker(pick);
        var server = new GatewayServer(new IPEndPoint(IPAddress.Loopback, 0), picker, options ?? new GatewayOptions { ConnectTimeout = Eventually.Limit }, NullLoggerFactory.Instance);
        await server.StartAsync(default);
        return new GatewayUnderTest(server, picker);
    }

    /// <summary>A gateway that sends everything to these destinations, the first first.</summary>
    public static Task<GatewayUnderTest> StartAsync(params string[] destinations)
    {
        var lease = new CountedLease();
        return StartAsync(_ => new PickOutcome.Picked(string.Join(',', destinations), lease));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
    }
}

/// <summary>Remembers what it was asked and answers as the test says.</summary>
internal sealed class ScriptedPicker(Func<PickRequest, PickOutcome> pick) : IEndpointPicker
{
    public ConcurrentQueue<PickRequest> Asked { get; } = new();

    public ValueTask<PickOutcome> PickAsync(PickRequest request, CancellationToken cancellation)
    {
        Asked.Enqueue(request);
        return ValueTask.FromResult(pick(request));
    }
}

/// <summary>Counts how often it is given back, and remembers what was reported.</summary>
internal sealed class CountedLease(bool wantsUsage = true) : IRequestLease
{
    private int _disposals;

    public ConcurrentQueue<ReportedUsage> Reported { get; } = new();

    public bool WantsUsage => wantsUsage;

    public int Disposals => Volatile.Read(ref _disposals);

    public void Report(ReportedUsage usage) => Reported.Enqueue(usage);

    public void Dispose() => Interlocked.Increment(ref _disposals);
}
