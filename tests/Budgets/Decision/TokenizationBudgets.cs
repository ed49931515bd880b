using BenchmarkDotNet.Attributes;
using OrleansKvRouter.Tests.Budgets.Running;
using OrleansKvRouter.Tokenization;

namespace OrleansKvRouter.Tests.Budgets.Decision;

/// <summary>Text → token ids with Qwen3's tokenizer.</summary>
public class TokenizationBudgets
{
    private readonly TokenBuffer _ids = new();
    private string _text = "";
    private ITokenizer _tokenizer = null!;

    [GlobalSetup]
    public void Load()
    {
        _tokenizer = TokenizerFile.Load(Path.Combine(Repository.Qwen3, "tokenizer.json")).Value!;
        _text = string.Concat(Enumerable.Range(0, 50).Select(i => $"Line {i}: naïve façades, 敏捷的棕色狐狸 — 🦊, x = {i * 7919};\n\tif (x) return <|im_end|>; it's John's. "));
    }

    [Benchmark]
    [AllocationBudget(0)]
    public int Encode()
    {
        _ids.Clear();
        _tokenizer.Encode(_text, addSpecialTokens: true, _ids);
        return _ids.Count;
    }
}
