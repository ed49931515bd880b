using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.EppService.Pools;

/// <summary>The models of the <c>--models</c> folder: each loaded once, in the background, and shared by the pools that serve it.</summary>
internal sealed class ModelStore(string folder, ILogger<ModelStore> log)
{
    private readonly ConcurrentDictionary<string, ModelHandle> _models = new(StringComparer.Ordinal);

    /// <summary>The model's handle; the first call for a name starts loading it.</summary>
    public ModelHandle Open(string model) =>
        _models.GetOrAdd(model, static (name, store) => new ModelHandle(name, () => store.Load(name)), this);

    private Expected<ModelAssets> Load(string model)
    {
        var started = TimeProvider.System.GetTimestamp();
        Expected<ModelAssets> loaded = folder.Length == 0
            ? new Fault($"no model folder is set, so {model} cannot be tokenized", "give --models DIR with DIR/<model>/tokenizer.json")
            : ModelFolder.Load(folder, model);
        if (loaded.Try(out var assets, out var fault))
        {
            log.ModelLoaded(model, assets.Tokenizer.VocabularySize, TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
            if (!assets.Template.Try(out _, out var noTemplate)) log.ModelHasNoTemplate(model, noTemplate);
        }
        else
        {
            log.ModelNotLoaded(model, fault);
        }

        return loaded;
    }
}

/// <summary>A model that is loaded, being loaded, or cannot be loaded.</summary>
internal sealed class ModelHandle
{
    private static readonly Fault StillLoading = new("the model is still being loaded", "try again in a moment");
    private readonly Task<Expected<ModelAssets>> _loading;

    public ModelHandle(string name, Func<Expected<ModelAssets>> load)
    {
        Name = name;
        _loading = Task.Run(load);
    }

    public string Name { get; }

    /// <summary>Ends when the model is loaded or found unloadable; never fails for an expected reason.</summary>
    public Task Loading => _loading;

    /// <summary>The model, or why there is none (yet).</summary>
    public Expected<ModelAssets> Assets => _loading.IsCompletedSuccessfully ? _loading.Result : StillLoading;
}
