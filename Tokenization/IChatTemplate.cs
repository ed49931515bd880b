using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.Tokenization;

/// <summary>A chat request → the text that vLLM would tokenize. Immutable; any thread may use it.</summary>
public interface IChatTemplate
{
    /// <summary>Renders the prompt; a fault where the template refuses the messages (its <c>raise_exception</c>) or the request is contradictory.</summary>
    Expected<string> Render(ChatRequest request);
}
