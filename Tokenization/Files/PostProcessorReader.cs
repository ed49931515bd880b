using System.Text.Json;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization.PostProcessors;

namespace OrleansKvRouter.Tokenization.Files;

/// <summary>The <c>post_processor</c> of a <c>tokenizer.json</c>: ByteLevel, TemplateProcessing, or a Sequence of them.</summary>
internal static class PostProcessorReader
{
    public static Expected<SpecialTokens> Read(Component processor)
    {
        // ByteLevel only moves offsets.
        if (processor.IsAbsent || processor.Type == "ByteLevel") return SpecialTokens.None;
        return processor.Type switch
        {
            "TemplateProcessing" => Template(processor),
            "Sequence" => Sequence(processor["processors"]),
            _ => processor["type"].Unsupported("\"ByteLevel\", \"TemplateProcessing\", \"Sequence\""),
        };
    }

    private static Expected<SpecialTokens> Sequence(Component processors)
    {
        var around = SpecialTokens.None;
        foreach (var item in processors.Items)
        {
            if (!Read(item).Try(out var outer, out var fault)) return fault;
            around = new SpecialTokens([.. outer.Before, .. around.Before], [.. around.After, .. outer.After]);
        }

        return around;
    }

    /// <summary>The template of a single text: special tokens around one <c>Sequence</c>.</summary>
    private static Expected<SpecialTokens> Template(Component processor)
    {
        List<uint> before = [], after = [];
        var ids = before;
        foreach (var piece in processor["single"].Items)
        {
            var name = piece["SpecialToken"]["id"].Text;
            if (name is not null)
            {
                var special = processor["special_tokens"][name]["ids"];
                if (special.Value.ValueKind != JsonValueKind.Array) return special.Unsupported("an array of ids");
                foreach (var id in special.Items)
                {
                    if (id.Value.ValueKind != JsonValueKind.Number || !id.Value.TryGetUInt32(out var number)) return id.Unsupported("an id");
                    ids.Add(number);
                }
            }
            else if (piece["Sequence"]["id"].Text == "A" && ids == before)
            {
                ids = after;
            }
            else
            {
                return piece.Unsupported("special tokens around one Sequence \"A\"");
            }
        }

        return ids == after ? new SpecialTokens([.. before], [.. after]) : processor["single"].Unsupported("special tokens around one Sequence \"A\"");
    }
}
