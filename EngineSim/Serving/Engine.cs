using OrleansKvRouter.Contracts;
using OrleansKvRouter.EngineSim.Core;
using OrleansKvRouter.EngineSim.Running;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.EngineSim.Serving;

/// <summary>The engine as its HTTP handlers see it. Any thread may use it.</summary>
internal sealed class Engine(EngineOptions options, ModelAssets assets, AnswerVocabulary vocabulary, ModelCatalog models, EngineLoop loop, string version)
{
    public EngineOptions Options => options;

    public ModelAssets Assets => assets;

    public AnswerVocabulary Vocabulary => vocabulary;

    public ModelCatalog Models => models;

    public EngineLoop Loop => loop;

    /// <summary>What <c>/version</c> says.</summary>
    public string Version => version;

    /// <summary>Makes the sequences of a request; a fault where one could never run to its end.</summary>
    public Expected<Sequence[]> Prepare(EncodedPrompts prompts, int maxNewTokens, RequestIdentity identity)
    {
        var sequences = new Sequence[prompts.Count];
        for (var i = 0; i < sequences.Length; i++)
        {
            var prompt = prompts[i];
            if (prompt.IsEmpty) return new Fault("the prompt has no tokens", "send at least one");
            if (prompt.Length + (long)maxNewTokens > models.MaxModelLength) return TooLong(prompt.Length, maxNewTokens);
            sequences[i] = new Sequence(prompt, maxNewTokens, identity, options.BlockSize);
        }

        return sequences;
    }

    private Fault TooLong(int promptTokens, int maxNewTokens) => new(
        $"This model's maximum context length is {models.MaxModelLength} tokens, but the request has {promptTokens} prompt tokens and asks for {maxNewTokens} more",
        "shorten the prompt or lower max_tokens");
}
