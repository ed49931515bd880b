using System.Text.Json;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.Tokenization.Requests;

/// <summary>The fields of <c>/v1/chat/completions</c>. What messages and tools hold is looked at when they are prepared for the template.</summary>
internal static class ChatParser
{
    public static Expected<InferenceRequest> Parse(RequestFields fields)
    {
        var request = new ChatRequest
        {
            Model = fields.RequiredText("model"),
            Messages = fields.Structure("messages", JsonValueKind.Array),
            Tools = fields.Structure("tools", JsonValueKind.Array),
            Documents = fields.Structure("documents", JsonValueKind.Array),
            TemplateArguments = fields.Structure("chat_template_kwargs", JsonValueKind.Object),
            AddGenerationPrompt = fields.Flag("add_generation_prompt"),
            ContinueFinalMessage = fields.Flag("continue_final_message"),
            ReasoningEffort = fields.Text("reasoning_effort"),
            CacheSalt = fields.Text("cache_salt", notEmpty: true),
            Stream = fields.Flag("stream") ?? false,
            MaxTokens = fields.Count("max_completion_tokens", 0) ?? fields.Count("max_tokens", 0),
            AddSpecialTokens = fields.Flag("add_special_tokens") ?? false,
            TruncatePromptTokens = fields.Count("truncate_prompt_tokens", -1),
            TruncateFromRight = Truncation.FromRight(fields),
            ComputesWholePrompt = PromptLogprobs.AreWanted(fields, byEchoAlone: true),
        };
        CheckMessages(request.Messages, fields);
        RefuseOwnTemplate(fields);
        if (request is { ContinueFinalMessage: true, AddGenerationPrompt: true })
        {
            fields.Refuse(new Fault("continue_final_message and add_generation_prompt are both true", "set one of them"));
        }

        return fields.Fault is { } fault ? fault : request;
    }

    private static void CheckMessages(JsonElement messages, RequestFields fields)
    {
        if (messages.ValueKind == JsonValueKind.Undefined)
        {
            fields.Refuse("messages", fields["messages"], "an array of messages");
            return;
        }

        var index = 0;
        foreach (var message in messages.EnumerateArray())
        {
            if (message.ValueKind != JsonValueKind.Object)
            {
                fields.Refuse($"messages[{index}]", message, "an object");
                return;
            }

            if (!message.TryGetProperty("role", out var role) || role.ValueKind != JsonValueKind.String)
            {
                fields.Refuse($"messages[{index}].role", role, "a string");
                return;
            }

            index++;
        }

        if (index == 0) fields.Refuse(new Fault("messages is an empty array", "send at least one message"));
    }

    private static void RefuseOwnTemplate(RequestFields fields)
    {
        // vLLM refuses it too unless it runs with --trust-request-chat-template.
        if (fields["chat_template"].ValueKind == JsonValueKind.Undefined) return;
        fields.Refuse(new Fault("chat_template: a template in the request is not accepted", "leave it out; the model's own template is used"));
    }
}

/// <summary><c>truncation_side</c> (vLLM ≥ 2026-05-21): which end <c>truncate_prompt_tokens</c> cuts off; the left by default.</summary>
internal static class Truncation
{
    public static bool FromRight(RequestFields fields)
    {
        var side = fields.Text("truncation_side");
        if (side is null or "left") return false;
        if (side is not "right") fields.Refuse("truncation_side", fields["truncation_side"], "\"left\" or \"right\"");
        return true;
    }
}

/// <summary><c>prompt_logprobs</c>, and what vLLM takes for it: <c>echo</c> with <c>logprobs</c>, which chats have by default (<c>top_logprobs</c> is 0 there).</summary>
internal static class PromptLogprobs
{
    /// <summary>A value of another type counts too: the engine refuses the request, and nothing is to be held against it.</summary>
    public static bool AreWanted(RequestFields fields, bool byEchoAlone) =>
        fields["prompt_logprobs"].ValueKind != JsonValueKind.Undefined
        || (Json.Flag(fields["echo"]) is true && (byEchoAlone || fields["logprobs"].ValueKind != JsonValueKind.Undefined));
}
