using System.Text.Json;

namespace OrleansKvRouter.Tokenization.Requests;

/// <summary>An OpenAI request, reduced to what decides its tokens, its keys and its route.</summary>
public abstract record InferenceRequest
{
    /// <summary>The <c>model</c> field: the base model's name or a LoRA adapter's.</summary>
    public required string Model { get; init; }

    /// <summary>The <c>cache_salt</c> field; null when absent.</summary>
    public string? CacheSalt { get; init; }

    /// <summary>Whether the answer is to be streamed.</summary>
    public bool Stream { get; init; }

    /// <summary>Most tokens to generate (<c>max_completion_tokens</c>, else <c>max_tokens</c>); null when the request sets no bound.</summary>
    public int? MaxTokens { get; init; }

    /// <summary><c>add_special_tokens</c>: false by default for chats, true for completions.</summary>
    public required bool AddSpecialTokens { get; init; }

    /// <summary><c>truncate_prompt_tokens</c>: keep only the last so many ids; null: all; −1: as many as the engine's context holds.</summary>
    public int? TruncatePromptTokens { get; init; }

    /// <summary>Whether <c>truncation_side</c> is "right": the first ids are kept, not the last.</summary>
    public bool TruncateFromRight { get; init; }

    /// <summary>
    /// Whether the engine computes the whole prompt whatever it has cached, because the prompt's log probabilities are asked for
    /// (vLLM's <c>SamplingParams.skip_reading_prefix_cache</c>).
    /// </summary>
    public bool ComputesWholePrompt { get; init; }

    /// <summary>The images, videos and clips in the prompt, in order of offset: they are part of its blocks' keys.</summary>
    public IReadOnlyList<PlacedItem> Items { get; init; } = [];
}

/// <summary>A body of <c>/v1/chat/completions</c>.</summary>
public sealed record ChatRequest : InferenceRequest
{
    /// <summary>The <c>messages</c> array: objects, at least one. Backed by the parsed body.</summary>
    public required JsonElement Messages { get; init; }

    /// <summary>The <c>tools</c> array; undefined when absent or null.</summary>
    public JsonElement Tools { get; init; }

    /// <summary>The <c>documents</c> array; undefined when absent or null.</summary>
    public JsonElement Documents { get; init; }

    /// <summary><c>chat_template_kwargs</c>; undefined when absent or null.</summary>
    public JsonElement TemplateArguments { get; init; }

    /// <summary>Null when the request does not say; the default is true.</summary>
    public bool? AddGenerationPrompt { get; init; }

    /// <summary>Null when the request does not say; the default is false.</summary>
    public bool? ContinueFinalMessage { get; init; }

    public string? ReasoningEffort { get; init; }
}

/// <summary>A body of <c>/v1/completions</c>: one or more prompts, each its own request inside the engine.</summary>
public sealed record CompletionRequest : InferenceRequest
{
    public required IReadOnlyList<Prompt> Prompts { get; init; }
}

/// <summary>A prompt: either text, or token ids that are used as they are.</summary>
public readonly record struct Prompt(string? Text, uint[]? Ids);

/// <summary>One image, video or clip of a prompt.</summary>
/// <param name="Identifier">The engine's name for its content: the client's <c>uuid</c>, or a hash that an engine made.</param>
/// <param name="Offset">The index in the prompt of its first placeholder token.</param>
/// <param name="Length">Its placeholder tokens.</param>
public readonly record struct PlacedItem(string Identifier, int Offset, int Length);
