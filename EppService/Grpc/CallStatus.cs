namespace OrleansKvRouter.EppService.Grpc;

/// <summary>gRPC's status codes, as numbered on the wire; those that the router itself gives.</summary>
internal enum GrpcCode
{
    Ok = 0,
    Cancelled = 1,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
}

/// <summary>How a call ended.</summary>
/// <param name="Code">The status code.</param>
/// <param name="Message">What went wrong, for a person; empty for <see cref="GrpcCode.Ok"/>.</param>
internal sealed record CallStatus(GrpcCode Code, string Message)
{
    public static CallStatus Ok { get; } = new(GrpcCode.Ok, "");
}
