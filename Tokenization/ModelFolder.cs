using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization.Templates;

namespace OrleansKvRouter.Tokenization;

/// <summary>Finds and loads a model's files below the folder of <c>--models</c>.</summary>
public static class ModelFolder
{
    /// <summary>
    /// Loads <c>tokenizer.json</c> and the chat template of <paramref name="model"/> from <c>DIR/model/</c>, else from
    /// the folder named by the last segment of the model's name.
    /// </summary>
    /// <param name="modelsDir">The folder of <c>--models</c>.</param>
    /// <param name="model">A model's name, such as <c>Qwen/Qwen3-8B</c>. It may come from a request: names that lead out of the folder are refused.</param>
    /// <param name="time">What templates call now; the system's clock by default.</param>
    /// <returns>The assets; a fault that names every path looked at, or the file that cannot be used.</returns>
    public static Expected<ModelAssets> Load(string modelsDir, string model, TimeProvider? time = null)
    {
        var segments = model.Split('/', '\\');
        if (Array.Exists(segments, segment => segment.Trim() is "" or "." or "..") || model.Contains('\0', StringComparison.Ordinal))
        {
            return new Fault($"the model name '{model}' names no folder", "use a name such as Qwen/Qwen3-8B");
        }

        string[] folders = segments.Length == 1
            ? [Path.Combine(modelsDir, model)]
            : [Path.Combine([modelsDir, .. segments]), Path.Combine(modelsDir, segments[^1])];
        var folder = Array.Find(folders, candidate => File.Exists(Path.Combine(candidate, "tokenizer.json")));
        if (folder is null)
        {
            var looked = string.Join(" and no ", folders.Select(candidate => Path.Combine(candidate, "tokenizer.json")));
            return new Fault($"no tokenizer for model '{model}': there is no {looked}", "put the model's tokenizer.json and tokenizer_config.json there");
        }

        if (!TokenizerFile.Load(Path.Combine(folder, "tokenizer.json")).Try(out var tokenizer, out var fault)) return fault;
        return new ModelAssets(model, tokenizer, TemplateFiles.Load(folder, time ?? TimeProvider.System));
    }
}
