using OrleansKvRouter.Contracts.ExtProc;
using OrleansKvRouter.EppService.Grpc;
using OrleansKvRouter.EppService.Routing;
using Part = OrleansKvRouter.Contracts.ExtProc.ProcessingRequest.RequestOneofCase;

namespace OrleansKvRouter.EppService.ExtProc;

/// <summary>
/// <c>envoy.service.ext_proc.v3.ExternalProcessor</c>: one stream for every HTTP request that a data plane carries.
/// A stream's state belongs to its own loop; streams share nothing but the picker.
/// </summary>
internal sealed class ExternalProcessor(IEndpointPicker picker, ExtProcOptions options, ExtProcInstruments instruments)
{
    public const string ServiceName = "envoy.service.ext_proc.v3.ExternalProcessor";

    public GrpcMethod Process => new($"/{ServiceName}/Process", options.MaxMessageBytes, ServeAsync);

    private async ValueTask<CallStatus> ServeAsync(GrpcCall call)
    {
        using var stream = instruments.Stream();
        using var request = new RequestPhase(picker, call, options, instruments);
        var response = new ResponsePhase(call);
        ProtocolConfiguration? config = null;

        while (await call.ReadAsync(ProcessingRequest.Parser) is { } message)
        {
            // The data plane only shows what passes by and would ignore an answer.
            if (message.ObservabilityMode) continue;

            config = message.ProtocolConfig ?? config;
            var end = await (message.RequestCase switch
            {
                Part.RequestHeaders => request.HeadersAsync(message.RequestHeaders, message.MetadataContext, config),
                Part.RequestBody => request.BodyAsync(message.RequestBody),
                Part.RequestTrailers => request.TrailersAsync(),
                Part.ResponseHeaders => response.HeadersAsync(message.ResponseHeaders),
                Part.ResponseBody => response.BodyAsync(message.ResponseBody, BodyPlans.EchoesResponse(config)),
                Part.ResponseTrailers => response.TrailersAsync(),
                _ => ValueTask.FromResult<CallStatus?>(Disorder.NoContent),
            });
            if (end is not null) return end;
            if (response.HasEnded) request.Finish(response.Usage);
        }

        return CallStatus.Ok;
    }
}
