using OrleansKvRouter.EppService.Grpc;

namespace OrleansKvRouter.EppService.ExtProc;

/// <summary>The statuses for messages that make no sense where they came: they name the message and the reason.</summary>
internal static class Disorder
{
    public static CallStatus NoContent { get; } =
        new(GrpcCode.InvalidArgument, "a ProcessingRequest came with none of its parts set (request_headers, request_body, …)");

    public static CallStatus GrpcMode { get; } =
        new(GrpcCode.Unimplemented, "request_body_mode GRPC is not supported; use FULL_DUPLEX_STREAMED, or BUFFERED");

    public static CallStatus SecondHeaders { get; } = new(GrpcCode.FailedPrecondition, "request_headers came twice");

    public static CallStatus BeforeHeaders(string part) =>
        new(GrpcCode.FailedPrecondition, $"{part} came before request_headers; set request_header_mode: SEND");

    public static CallStatus AfterEnd(string part, string whole) =>
        new(GrpcCode.FailedPrecondition, $"{part} came after the end of the {whole}");
}
