using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansKvRouter.Bench.Figures;
using OrleansKvRouter.Contracts.Index;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Bench.Hash;

/// <summary><c>bench hash</c>: what it takes to turn 10,000 token ids into block keys.</summary>
internal static class HashCommand
{
    private const int Tokens = 10_000;
    private const int Vocabulary = 151_936;
    private static readonly int[] BlockSizes = [16, 64];

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object a line instead of a table" };
        var runs = new Option<int>("--runs") { Description = "A figure is the median of so many", DefaultValueFactory = _ => 9 };
        var command = new Command("hash", "Microseconds from 10,000 token ids to block keys, by key scheme and block size") { runs, json };
        command.SetAction(line =>
        {
            if (!line.GetValue(json)) Console.WriteLine($"{"scheme",-20} {"block",5} {"µs",8}");
            foreach (var name in KeyFunctions.Names)
            {
                foreach (var blockSize in BlockSizes)
                {
                    var result = new HashResult { Scheme = name, BlockSize = blockSize, Microseconds = Measure(KeyFunctions.Create(name, "42").Value!, blockSize, Math.Max(1, line.GetValue(runs))) };
                    Console.WriteLine(line.GetValue(json)
                        ? JsonSerializer.Serialize(result, HashJson.Default.HashResult)
                        : string.Create(CultureInfo.InvariantCulture, $"{name,-20} {blockSize,5} {result.Microseconds,8:0.0}"));
                }
            }
        });
        return command;
    }

    private static double Measure(IKeyFunction function, int blockSize, int runs)
    {
        var random = new Random(1);
        var tokens = Enumerable.Range(0, Tokens).Select(_ => (uint)random.Next(Vocabulary)).ToArray();
        var keys = new BlockKey[Tokens / blockSize];

        // Not counted: until the code is compiled for speed.
        Time(function, tokens, blockSize, keys, TimeSpan.FromSeconds(0.3));
        return Median.Of(Enumerable.Range(0, runs).Select(_ => Time(function, tokens, blockSize, keys, TimeSpan.FromSeconds(0.05))).ToArray());
    }

    private static double Time(IKeyFunction function, uint[] tokens, int blockSize, BlockKey[] keys, TimeSpan time)
    {
        var (began, prompts) = (ProcessorTime.Now, 0);
        TimeSpan elapsed;
        do
        {
            function.ComputeKeys(tokens, blockSize, default, keys);
            prompts++;
        }
        while ((elapsed = ProcessorTime.Now - began) < time);
        return elapsed.TotalMicroseconds / prompts;
    }
}

/// <summary>A line of <c>bench hash --json</c>.</summary>
internal sealed record HashResult
{
    public string Bench { get; } = "hash";

    public required string Scheme { get; init; }

    /// <summary>Tokens a block.</summary>
    public required int BlockSize { get; init; }

    /// <summary>For 10,000 tokens.</summary>
    public required double Microseconds { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HashResult))]
internal sealed partial class HashJson : JsonSerializerContext;
