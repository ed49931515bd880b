using OrleansKvRouter.Contracts.Health;
using OrleansKvRouter.EppService.ExtProc;
using OrleansKvRouter.EppService.Grpc;
using ServingStatus = OrleansKvRouter.Contracts.Health.HealthCheckResponse.Types.ServingStatus;

namespace OrleansKvRouter.EppService.Health;

/// <summary>
/// <c>grpc.health.v1.Health</c>. <c>liveness</c> is SERVING as long as anything answers; every other service it knows,
/// the whole server (an empty name) included, is SERVING while the node is ready.
/// </summary>
/// <param name="isReady">Whether the node can pick now; cheap, called from any thread.</param>
/// <param name="time">The clock that <c>Watch</c> looks for changes by.</param>
internal sealed class HealthService(Func<bool> isReady, TimeProvider time)
{
    private const string ServiceName = "grpc.health.v1.Health";
    private const string Liveness = "liveness";
    private const int MaxMessageBytes = 64 * 1024;

    /// <summary>How often a watched status is looked at. Watchers are few and looking is cheap, so there is nothing to subscribe to.</summary>
    private static readonly TimeSpan WatchPeriod = TimeSpan.FromMilliseconds(200);

    private static readonly string[] Services = ["", Liveness, "readiness", ExternalProcessor.ServiceName, "inference-extension"];

    public IReadOnlyList<GrpcMethod> Methods =>
    [
        new($"/{ServiceName}/Check", MaxMessageBytes, CheckAsync),
        new($"/{ServiceName}/Watch", MaxMessageBytes, WatchAsync),
        new($"/{ServiceName}/List", MaxMessageBytes, ListAsync),
    ];

    private async ValueTask<CallStatus> CheckAsync(GrpcCall call)
    {
        if (await call.ReadAsync(HealthCheckRequest.Parser) is not { } request) return NoRequest;
        var status = StatusOf(request.Service);
        if (status == ServingStatus.ServiceUnknown) return new CallStatus(GrpcCode.NotFound, $"there is no service \"{request.Service}\"");
        await call.WriteAsync(new HealthCheckResponse { Status = status });
        return CallStatus.Ok;
    }

    /// <summary>Tells the status now and then each change, until the client has had enough or the server stops.</summary>
    private async ValueTask<CallStatus> WatchAsync(GrpcCall call)
    {
        if (await call.ReadAsync(HealthCheckRequest.Parser) is not { } request) return NoRequest;

        using var end = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation, call.Stopping);
        using var timer = new PeriodicTimer(WatchPeriod, time);
        ServingStatus? told = null;
        try
        {
            do
            {
                var status = StatusOf(request.Service);
                if (status == told) continue;
                await call.WriteAsync(new HealthCheckResponse { Status = status });
                told = status;
            }
            while (await timer.WaitForNextTickAsync(end.Token));
        }
        catch (OperationCanceledException) when (call.Stopping.IsCancellationRequested)
        {
            return new CallStatus(GrpcCode.Unavailable, "the server is stopping");
        }

        return CallStatus.Ok;
    }

    private async ValueTask<CallStatus> ListAsync(GrpcCall call)
    {
        if (await call.ReadAsync(HealthListRequest.Parser) is null) return NoRequest;
        var list = new HealthListResponse();
        foreach (var service in Services) list.Statuses.Add(service, new HealthCheckResponse { Status = StatusOf(service) });
        await call.WriteAsync(list);
        return CallStatus.Ok;
    }

    private static CallStatus NoRequest { get; } = new(GrpcCode.InvalidArgument, "the call ended before its request message");

    private ServingStatus StatusOf(string service) =>
        !Services.Contains(service) ? ServingStatus.ServiceUnknown
        : service == Liveness || isReady() ? ServingStatus.Serving
        : ServingStatus.NotServing;
}
