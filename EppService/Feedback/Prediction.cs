namespace OrleansKvRouter.EppService.Feedback;

/// <summary>What was expected of an engine when a request was sent to it.</summary>
/// <param name="PromptTokens">Tokens in the prompt, as the router counts them.</param>
/// <param name="CachedTokens">Of these, tokens that the engine was not to compute again.</param>
/// <param name="RemovedBefore">Blocks that the endpoint had ever lost when the prediction was made (<c>FeedStatus.Removed</c>).</param>
internal readonly record struct Prediction(int PromptTokens, int CachedTokens, long RemovedBefore);
