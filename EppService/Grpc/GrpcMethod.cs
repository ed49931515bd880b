namespace OrleansKvRouter.EppService.Grpc;

/// <summary>One method that a <see cref="GrpcServer"/> answers; unary or streaming is the handler's business.</summary>
/// <param name="Path">The request path: <c>/package.Service/Method</c>.</param>
/// <param name="MaxMessageBytes">The longest message it reads; a longer one ends the call with RESOURCE_EXHAUSTED.</param>
/// <param name="Handler">
/// Serves one call and says how it ended. It is cancelled through <see cref="GrpcCall.Cancellation"/>; an exception
/// is a bug and is answered with INTERNAL.
/// </param>
internal sealed record GrpcMethod(string Path, int MaxMessageBytes, Func<GrpcCall, ValueTask<CallStatus>> Handler);
