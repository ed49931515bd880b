using System.Text.Json;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization.Files;

namespace OrleansKvRouter.Tokenization;

/// <summary>Loads Hugging Face's <c>tokenizer.json</c>.</summary>
public static class TokenizerFile
{
    /// <summary>
    /// The tokenizer that the file defines, exactly as Hugging Face tokenizers would run it. Truncation and padding
    /// are left out, for an engine sets its own.
    /// </summary>
    /// <param name="path">Path of a <c>tokenizer.json</c>.</param>
    /// <returns>The tokenizer; a fault where the file cannot be read, is not JSON, or has a component that is not supported (named with its path in the file).</returns>
    public static Expected<ITokenizer> Load(string path)
    {
        try
        {
            return Assemble(new TokenizerDocument(File.ReadAllBytes(path))).Try(out var tokenizer, out var fault)
                ? Expected.Of(tokenizer)
                : new Fault($"{path}: {fault.What}", fault.Mend);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Fault($"{path} does not exist", "put the model's tokenizer.json there");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Fault($"{path} cannot be read: {e.Message}");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The JSON reader throws the second for a string that escapes half a surrogate pair.
            return new Fault($"{path} is not a tokenizer.json: {e.Message}");
        }
    }

    private static Expected<ITokenizer> Assemble(TokenizerDocument document)
    {
        if (!ComponentReader.Normalizer(document["normalizer"]).Try(out var normalizer, out var fault)) return fault;
        if (!ComponentReader.PreTokenizer(document["pre_tokenizer"]).Try(out var preTokenizer, out fault)) return fault;
        if (!PostProcessorReader.Read(document["post_processor"]).Try(out var specialTokens, out fault)) return fault;
        if (ComponentReader.Decoder(document["decoder"]) is { } unsupported) return unsupported;
        if (!BpeReader.Read(document).Try(out var model, out fault)) return fault;
        if (!AddedTokensReader.Read(document["added_tokens"], model.Vocabulary).Try(out var addedTokens, out fault)) return fault;
        return new TokenizerPipeline(normalizer, preTokenizer, model, specialTokens, addedTokens);
    }
}
