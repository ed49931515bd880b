using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization.Bpe;

namespace OrleansKvRouter.Tokenization.Files;

/// <summary>The <c>model</c> of a <c>tokenizer.json</c> → a BPE model.</summary>
internal static class BpeReader
{
    /// <summary>Ids are indices of arrays; a file with larger ones is broken rather than big.</summary>
    private const int MaxId = 1 << 24;

    public static Expected<BpeModel> Read(TokenizerDocument document)
    {
        if (CheckOptions(document) is { } unsupported) return unsupported;
        if (!ReadVocabulary(document).Try(out var vocabulary, out var fault)) return fault;
        if (!ReadMerges(document, vocabulary).Try(out var merges, out fault)) return fault;
        return new BpeModel(vocabulary, merges, document["model.ignore_merges"].IsTrue);
    }

    private static Fault? CheckOptions(TokenizerDocument document)
    {
        // Files older than the "type" field leave it out.
        var type = document["model.type"];
        if (!type.IsAbsent && type.Text != "BPE") return type.Unsupported("\"BPE\"");
        foreach (var name in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
        {
            var affix = document["model." + name];
            if (!affix.IsAbsent && affix.Text != "") return affix.Unsupported("null");
        }

        var dropout = document["model.dropout"];
        var isExact = dropout.IsAbsent || (dropout.Value.ValueKind == JsonValueKind.Number && dropout.Value.GetDouble() == 0);
        return isExact ? null : dropout.Unsupported("null");
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Expected<Vocabulary> ReadVocabulary(TokenizerDocument document)
    {
        if (!document.TryReadTable("model.vocab", out var reader)) return new Fault("model.vocab is absent");
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return new Fault("model.vocab is not an object");
        var builder = new VocabularyBuilder();
        var unescaped = new byte[256];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var token = Utf8Text(ref reader, ref unescaped);
            var isId = reader.Read() && reader.TokenType == JsonTokenType.Number;
            if (!isId || !reader.TryGetInt32(out var id) || id is < 0 or > MaxId)
            {
                return new Fault($"model.vocab: entry {builder.Entries.Count} is not an id from 0 to {MaxId}");
            }

            builder.Add(id, token);
        }

        var vocabulary = new Vocabulary(builder);
        for (var b = 0; b <= byte.MaxValue; b++)
        {
            if (vocabulary.Find([(byte)b]) < 0) return new Fault(string.Create(CultureInfo.InvariantCulture, $"model.vocab has no token for the byte 0x{b:X2}"), "a byte-level vocabulary has all 256");
        }

        return vocabulary;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Expected<MergeTable> ReadMerges(TokenizerDocument document, Vocabulary vocabulary)
    {
        if (!document.TryReadTable("model.merges", out var reader)) return new Fault("model.merges is absent");
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray) return new Fault("model.merges is not an array");
        List<(uint Left, uint Right, uint Merged)> merges = new(1 << 17);
        var pair = new ByteBlob();
        var unescaped = new byte[256];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            pair.Count = 0;
            var middle = ReadPair(ref reader, pair, ref unescaped);
            if (middle < 0) return new Fault($"model.merges[{merges.Count}] is not a pair of tokens");
            var left = vocabulary.Find(pair.From(0)[..middle]);
            var right = vocabulary.Find(pair.From(middle));
            var merged = vocabulary.Find(pair.From(0));
            if (left < 0 || right < 0 || merged < 0) return new Fault($"model.merges[{merges.Count}] has a token that is not in model.vocab");
            merges.Add(((uint)left, (uint)right, (uint)merged));
        }

        var table = new MergeTable(merges.Count);
        for (var rank = 0; rank < merges.Count; rank++) table.Add(rank, merges[rank].Left, merges[rank].Right, merges[rank].Merged);
        return table;
    }

    /// <summary>Reads <c>["a", "b"]</c> or, as files before 2024 have it, <c>"a b"</c>; returns where the second token's bytes start, -1 for anything else.</summary>
    private static int ReadPair(ref Utf8JsonReader reader, ByteBlob pair, ref byte[] unescaped)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            var both = Utf8Text(ref reader, ref unescaped);
            var space = both.IndexOf((byte)' ');
            if (space <= 0 || !ByteAlphabet.TryDecode(both[..space], pair)) return -1;
            var start = pair.Count;
            return ByteAlphabet.TryDecode(both[(space + 1)..], pair) && pair.Count > start ? start : -1;
        }

        var isPair = reader.TokenType == JsonTokenType.StartArray && reader.Read() && reader.TokenType == JsonTokenType.String;
        if (!isPair || !ByteAlphabet.TryDecode(Utf8Text(ref reader, ref unescaped), pair)) return -1;
        var middle = pair.Count;
        isPair = reader.Read() && reader.TokenType == JsonTokenType.String && ByteAlphabet.TryDecode(Utf8Text(ref reader, ref unescaped), pair);
        return isPair && reader.Read() && reader.TokenType == JsonTokenType.EndArray ? middle : -1;
    }

    /// <summary>The reader's string in UTF-8, escapes resolved.</summary>
    private static ReadOnlySpan<byte> Utf8Text(ref Utf8JsonReader reader, ref byte[] unescaped)
    {
        if (!reader.ValueIsEscaped) return reader.ValueSpan;
        if (unescaped.Length < reader.ValueSpan.Length) unescaped = new byte[reader.ValueSpan.Length];
        return unescaped.AsSpan(0, reader.CopyString(unescaped));
    }
}
