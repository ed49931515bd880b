using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization.Jinja;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.Tokenization.Templates;

/// <summary>A model's chat template with the preparation that vLLM's newest release does before it renders (its content format is detected once).</summary>
internal sealed class ChatTemplate : IChatTemplate
{
    private readonly Template _template;
    private readonly ContentFormat _format;
    private readonly bool _knowsDeveloper;
    private readonly IReadOnlyDictionary<string, object?> _specialTokens;
    private readonly TimeProvider _clock;

    private ChatTemplate(Template template, IReadOnlyDictionary<string, object?> specialTokens, TimeProvider clock)
    {
        (_template, _specialTokens, _clock) = (template, specialTokens, clock);
        _format = ContentFormats.Of(template);
        _knowsDeveloper = SystemMessages.KnowsDeveloper(template.Source);
    }

    /// <summary>Compiles a template.</summary>
    /// <param name="source">Jinja.</param>
    /// <param name="specialTokens">Variables such as <c>bos_token</c>.</param>
    /// <param name="clock">What <c>strftime_now</c> reads.</param>
    public static Expected<ChatTemplate> Parse(string source, IReadOnlyDictionary<string, object?> specialTokens, TimeProvider clock) =>
        Template.Parse(source).Try(out var template, out var fault) ? new ChatTemplate(template, specialTokens, clock) : fault;

    public Expected<string> Render(ChatRequest request)
    {
        // Hugging Face refuses the pair, and the generation prompt is on unless the request turns it off.
        if (request.ContinueFinalMessage == true && request.AddGenerationPrompt != false)
        {
            return new Fault("continue_final_message is true and add_generation_prompt is not false", "set \"add_generation_prompt\": false");
        }

        try
        {
            return Render(request, request.ContinueFinalMessage == true);
        }
        catch (TemplateException e)
        {
            return e.IsUnsupported ? new Unsupported(e.Message) : new Fault(e.Message);
        }
    }

    private Expected<string> Render(ChatRequest request, bool continueFinal)
    {
        var conversation = Conversation.Of(request.Messages, _format);
        if (!_knowsDeveloper) conversation = SystemMessages.WithoutDeveloper(conversation);
        var finalText = "";
        if (continueFinal) (conversation, finalText) = FinalMessage.WithMark(conversation);

        var variables = TemplateVariables.Of(request, _specialTokens);
        variables["messages"] = conversation;
        if (!_template.Render(variables, _clock).Try(out var rendered, out var fault)) return fault;
        return continueFinal ? FinalMessage.Cut(rendered, finalText) : rendered;
    }
}
