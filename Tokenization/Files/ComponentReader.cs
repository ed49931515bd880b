using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization.Normalizers;
using OrleansKvRouter.Tokenization.PreTokenizers;

namespace OrleansKvRouter.Tokenization.Files;

/// <summary>The small components of a <c>tokenizer.json</c>; a component that is not known here is a fault.</summary>
internal static class ComponentReader
{
    public static Expected<INormalizer> Normalizer(Component normalizer)
    {
        if (normalizer.IsAbsent) return new NoNormalizer();
        return normalizer.Type == "NFC" ? new NfcNormalizer() : normalizer["type"].Unsupported("\"NFC\"");
    }

    /// <summary>A split by a known pattern, then the byte alphabet, which BPE here has in its vocabulary already.</summary>
    public static Expected<IPreTokenizer> PreTokenizer(Component preTokenizer)
    {
        const string supported = "a Sequence of a Split and a ByteLevel";
        if (preTokenizer.Type != "Sequence") return preTokenizer["type"].Unsupported(supported);
        var steps = preTokenizer["pretokenizers"].Items.ToList();
        if (steps.Count != 2) return preTokenizer["pretokenizers"].Unsupported(supported);
        if (steps[1].Type != "ByteLevel") return steps[1]["type"].Unsupported(supported);
        if (steps[1]["add_prefix_space"].IsTrue) return steps[1]["add_prefix_space"].Unsupported("false");
        // Absent means true.
        if (steps[1]["use_regex"].IsAbsent || steps[1]["use_regex"].IsTrue) return steps[1]["use_regex"].Unsupported("false");
        return Split(steps[0]);
    }

    /// <summary>What BPE here decodes by is the byte alphabet.</summary>
    public static Fault? Decoder(Component decoder) => decoder.Type == "ByteLevel" ? null : decoder["type"].Unsupported("\"ByteLevel\"");

    private static Expected<IPreTokenizer> Split(Component split)
    {
        if (split.Type != "Split") return split["type"].Unsupported("\"Split\"");
        if (split["behavior"].Text != "Isolated") return split["behavior"].Unsupported("\"Isolated\"");
        if (split["invert"].IsTrue) return split["invert"].Unsupported("false");
        var pattern = split["pattern"]["Regex"];
        if (pattern.Text is { } text && WordSplit.DigitsByPattern.TryGetValue(text, out var digits)) return new WordSplit(digits);
        return pattern.Unsupported("the split patterns of Qwen 2 to 3 and of Llama 3");
    }
}
