using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.Tokenization;

/// <summary>One model's tokenizer and chat template, loaded from its folder and shared by everybody who needs them.</summary>
/// <param name="Model">The model's name as it was asked for.</param>
/// <param name="Tokenizer">From <c>tokenizer.json</c>.</param>
/// <param name="Template">From <c>chat_template.jinja</c> or <c>tokenizer_config.json</c>; a fault that says what was looked for where the model has none.</param>
public sealed record ModelAssets(string Model, ITokenizer Tokenizer, Expected<IChatTemplate> Template);
