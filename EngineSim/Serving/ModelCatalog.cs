using System.Text.Json;
using OrleansKvRouter.EngineSim.Core;

namespace OrleansKvRouter.EngineSim.Serving;

/// <summary>The names that requests may ask for: the base model and its adapters.</summary>
internal sealed class ModelCatalog(EngineOptions options, int maxModelLength, string root, DateTimeOffset created)
{
    /// <summary>Most tokens that prompt and answer may have together.</summary>
    public int MaxModelLength => maxModelLength;

    /// <summary>What a request for <paramref name="model"/> adds to its block keys; null for a model that is not served here.</summary>
    public RequestIdentity? Identify(string model, string? cacheSalt)
    {
        if (model == options.ServedModel) return cacheSalt is null ? RequestIdentity.Plain : new RequestIdentity(null, null, cacheSalt);
        for (var i = 0; i < options.LoraAdapters.Count; i++)
        {
            if (options.LoraAdapters[i] == model) return new RequestIdentity(model, i + 1, cacheSalt);
        }

        return null;
    }

    /// <summary>The answer of <c>/v1/models</c>.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        Write(json, options.ServedModel, root, null);
        foreach (var adapter in options.LoraAdapters) Write(json, adapter, adapter, options.ServedModel);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void Write(Utf8JsonWriter json, string id, string rootPath, string? parent)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("object", "model");
        json.WriteNumber("created", created.ToUnixTimeSeconds());
        json.WriteString("owned_by", "vllm");
        json.WriteString("root", rootPath);
        json.WriteString("parent", parent);
        // vLLM gives the length for base models only.
        if (parent is null) json.WriteNumber("max_model_len", maxModelLength);
        else json.WriteNull("max_model_len");
        json.WriteEndObject();
    }
}
