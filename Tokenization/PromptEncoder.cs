using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.Tokenization;

/// <summary>
/// A parsed request → the token ids of its prompts, as vLLM computes them. <see cref="Encode"/> does all of it;
/// <see cref="Render"/> and <see cref="Tokenize"/> are its two steps, for callers that time them.
/// </summary>
public static class PromptEncoder
{
    /// <summary>Renders and tokenizes <paramref name="request"/>.</summary>
    /// <returns>Null, and the ids in <paramref name="into"/>; or what is wrong with the request.</returns>
    public static Fault? Encode(InferenceRequest request, ModelAssets model, EncodedPrompts into)
    {
        if (!Render(request, model).Try(out var text, out var fault)) return fault;
        Tokenize(request, text, model, into);
        return null;
    }

    /// <summary>Step 1: the chat's text; empty for a completion, whose prompts need no template.</summary>
    public static Expected<string> Render(InferenceRequest request, ModelAssets model)
    {
        if (request is not ChatRequest chat) return "";
        return model.Template.Try(out var template, out var fault) ? template.Render(chat) : fault;
    }

    /// <summary>Step 2: ids, with <c>truncate_prompt_tokens</c> applied.</summary>
    /// <param name="request">The parsed request.</param>
    /// <param name="rendered">What <see cref="Render"/> gave.</param>
    /// <param name="model">The model's tokenizer.</param>
    /// <param name="into">Cleared, then filled.</param>
    public static void Tokenize(InferenceRequest request, string rendered, ModelAssets model, EncodedPrompts into)
    {
        into.Clear();
        if (request is CompletionRequest completion)
        {
            // By number: an enumerator would be an object a request.
            for (var i = 0; i < completion.Prompts.Count; i++)
            {
                var prompt = completion.Prompts[i];
                if (prompt.Ids is { } ids) into.Open.Add(ids);
                else model.Tokenizer.Encode(prompt.Text, request.AddSpecialTokens, into.Open);
                into.EndPrompt(request.TruncatePromptTokens, request.TruncateFromRight);
            }

            return;
        }

        model.Tokenizer.Encode(rendered, request.AddSpecialTokens, into.Open);
        into.EndPrompt(request.TruncatePromptTokens, request.TruncateFromRight);
    }
}
