namespace OrleansKvRouter.EppService.Feedback;

/// <summary>Requests whose prompt an engine computes whole, whatever its cache holds.</summary>
internal static class Uncached
{
    /// <summary>
    /// Whether the body asks for the prompt's log probabilities, by name or with <c>echo</c>: vLLM then does not read its prefix
    /// cache (<c>SamplingParams.skip_reading_prefix_cache</c>). In doubt true; all that costs is a judgement.
    /// </summary>
    public static bool IsAskedForBy(ReadOnlySpan<byte> body) =>
        body.IndexOf("\"prompt_logprobs\""u8) >= 0 || (body.IndexOf("\"echo\""u8) >= 0 && body.IndexOf("\"logprobs\""u8) >= 0);
}
