using OrleansKvRouter.Contracts;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.EppService.Pools;
using OrleansKvRouter.EppService.Speculation;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tokenization;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.EppService.Routing;

/// <summary>Request → tokens → block keys → what each candidate holds of them: the part of a decision that knows caches.</summary>
internal sealed class PrefixFinder(SpeculativeMatches speculation)
{
    /// <summary>Fills the workspace's prompts, keys, matches and trust factors; <see cref="Workspace.Reset"/> has made room for the view's candidates.</summary>
    /// <returns>
    /// Null when they are filled; <see cref="Unsupported"/> when nothing can be known here, so that load must decide;
    /// any other fault is the sender's.
    /// </returns>
    public async ValueTask<Fault?> FindAsync(PoolRuntime pool, PoolView view, InferenceRequest? request, Workspace work, CancellationToken cancellation)
    {
        if (request is null) return new Unsupported("the request has no prompt to read");
        if (!pool.Tracking.Try(out var tracking, out var untracked)) return new Unsupported(untracked.What, untracked.Mend);
        if (!tracking.Model.Assets.Try(out var model, out var noModel)) return new Unsupported(noModel.What, noModel.Mend);
        if (request is ChatRequest && !model.Template.Try(out _, out var noTemplate)) return new Unsupported(noTemplate.What, noTemplate.Mend);

        // 1. Messages → text → token ids.
        if (Tokenize(request, model, work) is { } fault) return fault;

        // 2. Token ids → block keys → who holds how many of them, prompt by prompt: each is its own request inside the engine.
        var extras = new KeyExtras(pool.IsBaseModel(request.Model) ? null : request.Model, request.CacheSalt) { Items = ItemsOf(request) };
        work.Ranks.Start(view);
        var eras = KeyEras.Of(view.Spec.Policy.TokenProcessor.ExtraKeys, extras, work.Ranks.All);
        for (var prompt = 0; prompt < work.Prompts.Count; prompt++)
        {
            for (var i = 0; i < eras.Length; i++)
            {
                var keys = Hash(work, prompt, tracking, extras with { Era = eras[i].Era });
                work.Clock.Mark(Stage.Hash);
                await tracking.Index.WalkAsync(keys, work.Matches, cancellation);
                work.Ranks.Add(work.Matches, view.Spec.Policy.TierWeights, tracking.BlockSize, work.Prompts[prompt].Length, eras[i]);
                if (i == 0) speculation.Extend(view, tracking, keys.Span, eras[i], work);
                // The keys that are shown are those of most engines.
                if (i > 0) work.DropKeys(keys.Length);
                work.Clock.Mark(Stage.Walk);
            }
        }

        // 3. Which rank stands for each endpoint, and how far it is believed.
        work.Ranks.Choose(view.Spec.Policy, work.Prompts.TotalTokens, work);
        return null;
    }

    private static Fault? Tokenize(InferenceRequest request, ModelAssets model, Workspace work)
    {
        if (!PromptEncoder.Render(request, model).Try(out var text, out var fault)) return fault;
        work.Clock.Mark(Stage.Render);
        PromptEncoder.Tokenize(request, text, model, work.Prompts);
        work.Clock.Mark(Stage.Tokenize);
        return null;
    }

    private static ReadOnlyMemory<MultimodalItem> ItemsOf(InferenceRequest request) =>
        request.Items.Count == 0 ? default : request.Items.Select(item => new MultimodalItem(item.Identifier, item.Offset, item.Length)).ToArray();

    private static ReadOnlyMemory<BlockKey> Hash(Workspace work, int prompt, PrefixTracking tracking, in KeyExtras extras)
    {
        var tokens = work.Prompts[prompt];
        var room = work.ReserveKeys(tokens.Length / tracking.BlockSize);
        return work.CommitKeys(tracking.Scheme.Function.ComputeKeys(tokens, tracking.BlockSize, extras, room));
    }
}
