using OrleansKvRouter.Contracts.ExtProc;
using BodySendMode = OrleansKvRouter.Contracts.ExtProc.ProcessingMode.Types.BodySendMode;

namespace OrleansKvRouter.EppService.ExtProc;

/// <summary>When the decision can be made, and which answer can carry it, given how the data plane delivers the body.</summary>
internal enum BodyPlan
{
    /// <summary>
    /// At the headers, on load alone: the body is not delivered before they are answered. So it is in NONE mode, and in
    /// STREAMED mode unless Envoy sends the body without waiting; a body's answer could no longer change the headers,
    /// which Envoy has passed on by then.
    /// </summary>
    DecideAtHeaders,

    /// <summary>
    /// At the body's only message (BUFFERED, BUFFERED_PARTIAL): the headers are answered at once, unchanged, and Envoy
    /// holds them until the body's answer, which carries the decision.
    /// </summary>
    WholeBody,

    /// <summary>
    /// At the body's last piece (STREAMED, sent without waiting): the headers' answer waits for it and carries the
    /// decision; then every piece gets its answer.
    /// </summary>
    Pieces,

    /// <summary>
    /// At the body's last piece (FULL_DUPLEX_STREAMED): the headers' answer waits for it and carries the decision;
    /// then the body is sent back, since only what is sent back goes on to the engine.
    /// </summary>
    FullDuplex,
}

/// <summary>Reads the plan from the protocol configuration in a stream's first message.</summary>
internal static class BodyPlans
{
    /// <returns>Null for a mode that no body of an inference request can be read in.</returns>
    public static BodyPlan? ForRequest(ProtocolConfiguration? config) => config switch
    {
        null => BodyPlan.FullDuplex,
        { RequestBodyMode: BodySendMode.FullDuplexStreamed } => BodyPlan.FullDuplex,
        { RequestBodyMode: BodySendMode.Buffered or BodySendMode.BufferedPartial } => BodyPlan.WholeBody,
        { RequestBodyMode: BodySendMode.Streamed, SendBodyWithoutWaitingForHeaderResponse: true } => BodyPlan.Pieces,
        { RequestBodyMode: BodySendMode.Streamed or BodySendMode.None } => BodyPlan.DecideAtHeaders,
        _ => null,
    };

    /// <summary>Whether the response's body must be sent back rather than just acknowledged.</summary>
    public static bool EchoesResponse(ProtocolConfiguration? config) =>
        config is null or { ResponseBodyMode: BodySendMode.FullDuplexStreamed or BodySendMode.Grpc };
}
