using BenchmarkDotNet.Attributes;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Keys;
using OrleansKvRouter.Tests.Budgets.Running;

namespace OrleansKvRouter.Tests.Budgets.Index;

/// <summary>Token ids → block keys, by each function that there is.</summary>
public class KeyBudgets
{
    private static readonly KeyExtras Extras = new("ü-lora", "salt") { Items = new MultimodalItem[] { new("img-a", 5, 90), new("img-b", 200, 3) } };
    private uint[] _tokens = [];
    private BlockKey[] _keys = [];
    private IKeyFunction _function = null!;

    public static IEnumerable<string> Names => KeyFunctions.Names;

    [ParamsSource(nameof(Names))]
    public string Function { get; set; } = "";

    [Params(1, 16, 64, 4096)]
    public int BlockSize { get; set; }

    [GlobalSetup]
    public void Create()
    {
        _function = KeyFunctions.Create(Function, "42").Value!;
        _tokens = [.. Enumerable.Range(0, Math.Max(256, BlockSize)).Select(i => (uint)(i * 7919 % 151_936))];
        _keys = new BlockKey[_tokens.Length];
    }

    /// <summary>A prompt without extra keys, and one with all there are.</summary>
    [Benchmark]
    [AllocationBudget(0)]
    public void ComputeKeys()
    {
        _function.ComputeKeys(_tokens, BlockSize, default, _keys);
        _function.ComputeKeys(_tokens, BlockSize, Extras, _keys);
    }
}
