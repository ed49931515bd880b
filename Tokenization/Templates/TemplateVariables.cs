using System.Text.Json;
using OrleansKvRouter.Tokenization.Jinja;
using OrleansKvRouter.Tokenization.Jinja.Values;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.Tokenization.Templates;

/// <summary>
/// What a template can read besides <c>messages</c>, each source overriding those before it: the model's special
/// tokens, <c>chat_template_kwargs</c>, and the request's own fields (vLLM's renderers; before them it was the other
/// way round).
/// </summary>
internal static class TemplateVariables
{
    /// <summary>Parameters of Hugging Face's <c>apply_chat_template</c>: they steer the call and never reach the template.</summary>
    private static readonly HashSet<string> NotForTemplates =
    [
        "chat_template", "continue_final_message", "tokenize", "padding", "truncation", "max_length", "return_tensors",
        "return_dict", "return_assistant_tokens_mask", "tokenizer_kwargs",
    ];

    public static Dictionary<string, object?> Of(ChatRequest request, IReadOnlyDictionary<string, object?> specialTokens)
    {
        var variables = new Dictionary<string, object?>(specialTokens)
        {
            ["tools"] = Tools.Of(request.Tools),
            ["documents"] = null,
        };
        if (request.ReasoningEffort is { } effort) variables["enable_thinking"] = Number.Box(effort != "none");
        AddArguments(request.TemplateArguments, variables);
        variables["add_generation_prompt"] = Number.Box(request.AddGenerationPrompt ?? true);
        if (request.ReasoningEffort is not null) variables["reasoning_effort"] = request.ReasoningEffort;
        if (request.Documents.ValueKind == JsonValueKind.Array) variables["documents"] = JsonValues.Of(request.Documents);
        return variables;
    }

    private static void AddArguments(JsonElement arguments, Dictionary<string, object?> variables)
    {
        if (arguments.ValueKind != JsonValueKind.Object) return;
        foreach (var argument in arguments.EnumerateObject())
        {
            if (argument.Name is "messages" or "conversation") throw new TemplateException($"chat_template_kwargs.{argument.Name}: the conversation is the field messages");
            // vLLM takes null and "auto" as not set.
            if (argument.Value.ValueKind == JsonValueKind.Null || (argument.Value.ValueKind == JsonValueKind.String && argument.Value.ValueEquals("auto"u8))) continue;
            if (argument.Name == "chat_template") throw new TemplateException("chat_template_kwargs.chat_template: a template in the request is not accepted");
            if (!NotForTemplates.Contains(argument.Name)) variables[argument.Name] = JsonValues.Of(argument.Value);
        }
    }
}
