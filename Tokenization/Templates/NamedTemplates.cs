using System.Text.Json;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.Tokenization.Templates;

/// <summary>A model with several templates: "tool_use", where it has one, for requests with tools; "default" for the rest.</summary>
internal sealed class NamedTemplates(IChatTemplate? byDefault, IChatTemplate? toolUse, string names) : IChatTemplate
{
    public Expected<string> Render(ChatRequest request)
    {
        var chosen = request.Tools.ValueKind == JsonValueKind.Array && toolUse is not null ? toolUse : byDefault;
        return chosen is not null ? chosen.Render(request) : new Fault($"the model has the chat templates {names}, and none is named \"default\"");
    }
}
