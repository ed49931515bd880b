using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.ExtProc;
using OrleansKvRouter.EppService.Routing;
using AppendAction = OrleansKvRouter.Contracts.ExtProc.HeaderValueOption.Types.HeaderAppendAction;

namespace OrleansKvRouter.EppService.ExtProc;

/// <summary>The messages that the router sends. Those without content are shared: nobody writes to them.</summary>
internal static class Replies
{
    public const string DestinationKey = "x-gateway-destination-endpoint";
    public const string DestinationNamespace = "envoy.lb";

    public static ProcessingResponse RequestHeaders { get; } = new() { RequestHeaders = new HeadersResponse() };

    public static ProcessingResponse RequestBody { get; } = new() { RequestBody = new BodyResponse() };

    public static ProcessingResponse RequestTrailers { get; } = new() { RequestTrailers = new TrailersResponse() };

    public static ProcessingResponse ResponseHeaders { get; } = new() { ResponseHeaders = new HeadersResponse() };

    public static ProcessingResponse ResponseBody { get; } = new() { ResponseBody = new BodyResponse() };

    public static ProcessingResponse ResponseTrailers { get; } = new() { ResponseTrailers = new TrailersResponse() };

    /// <summary>Headers' answer that says where the request goes.</summary>
    public static ProcessingResponse HeadersTo(string destination, int? rank) => new()
    {
        RequestHeaders = new HeadersResponse { Response = RouteTo(destination, rank) },
        DynamicMetadata = MetadataFor(destination),
    };

    /// <summary>A buffered body's answer that says where the request goes.</summary>
    public static ProcessingResponse BodyTo(string destination, int? rank) => new()
    {
        RequestBody = new BodyResponse { Response = RouteTo(destination, rank) },
        DynamicMetadata = MetadataFor(destination),
    };

    /// <summary>Trailers' answer that says where the request goes, for a buffered request that has trailers and no body.</summary>
    public static ProcessingResponse TrailersTo(string destination) => new()
    {
        RequestTrailers = new TrailersResponse(),
        DynamicMetadata = MetadataFor(destination),
    };

    /// <summary>A piece of the request's body, sent back.</summary>
    public static ProcessingResponse RequestPiece(StreamedBodyResponse piece) => new() { RequestBody = Streamed(piece) };

    /// <summary>A piece of the response's body, sent back.</summary>
    public static ProcessingResponse ResponsePiece(StreamedBodyResponse piece) => new() { ResponseBody = Streamed(piece) };

    /// <summary>The client gets an OpenAI error from the data plane; no engine sees the request.</summary>
    public static ProcessingResponse Refusal(int status, Fault fault) => new()
    {
        ImmediateResponse = new ImmediateResponse
        {
            Status = new HttpStatus { Code = (StatusCode)status },
            Headers = new HeaderMutation { SetHeaders = { Set("content-type", "application/json") } },
            Body = UnsafeByteOperations.UnsafeWrap(OpenAiError.Json(status, fault)),
            Details = fault.What,
        },
    };

    private static BodyResponse Streamed(StreamedBodyResponse piece) =>
        new() { Response = new CommonResponse { BodyMutation = new BodyMutation { StreamedResponse = piece } } };

    private static CommonResponse RouteTo(string destination, int? rank)
    {
        var headers = new HeaderMutation { SetHeaders = { Set(DestinationKey, destination) } };
        if (rank is { } number) headers.SetHeaders.Add(Set(PickOutcome.Picked.RankHeader, number.ToString(CultureInfo.InvariantCulture)));
        return new CommonResponse { HeaderMutation = headers, ClearRouteCache = true };
    }

    private static Struct MetadataFor(string destination) => new()
    {
        Fields = { [DestinationNamespace] = Value.ForStruct(new Struct { Fields = { [DestinationKey] = Value.ForString(destination) } }) },
    };

    /// <summary>Overwrites: a destination that a client sent itself must not survive beside ours.</summary>
    private static HeaderValueOption Set(string key, string value) => new()
    {
        Header = new HeaderValue { Key = key, RawValue = ByteString.CopyFromUtf8(value) },
        AppendAction = AppendAction.OverwriteIfExistsOrAdd,
    };
}
