using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansKvRouter.Bench.Figures;
using OrleansKvRouter.KvEvents.Decoding;
using OrleansKvRouter.KvIndex;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.Bench.Decode;

/// <summary><c>bench decode</c>: messages of one BlockStored with 64 blocks, decoded alone and into the index.</summary>
internal static class DecodeCommand
{
    private const int Events = 8_192;
    private static readonly int[] BlockSizes = [16, 64];
    private static readonly string[] Rows = ["decode", "decode, apply", "decode, map, apply"];

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object a line instead of a table" };
        var runs = new Option<int>("--runs") { Description = "A figure is the median of so many", DefaultValueFactory = _ => 7 };
        var rows = new Option<string[]>("--rows") { Description = "Only these", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => Rows };
        rows.AcceptOnlyFromAmong(Rows);
        var command = new Command("decode", "Messages a second from msgpack into the index, each with 64 blocks") { rows, runs, json };
        command.SetAction(line =>
        {
            if (!line.GetValue(json)) Console.WriteLine($"{"row",-20} {"block",5} {"bytes",7} {"messages/s",12}");
            foreach (var blockSize in BlockSizes)
            {
                foreach (var result in Run(blockSize, line.GetValue(rows)!, Math.Max(1, line.GetValue(runs))))
                {
                    Console.WriteLine(line.GetValue(json)
                        ? JsonSerializer.Serialize(result, DecodeJson.Default.DecodeResult)
                        : string.Create(CultureInfo.InvariantCulture, $"{result.Row,-20} {result.BlockSize,5} {result.MessageBytes,7} {result.MessagesPerSecond,12:#,0}"));
                }
            }
        });
        return command;
    }

    private static IEnumerable<DecodeResult> Run(int blockSize, string[] rows, int runs)
    {
        var events = StoredEvents.Create(Events, blockSize, KeyFunctions.Create("sha256_cbor", "42").Value!);
        foreach (var row in rows)
        {
            Func<double> run = row == Rows[0] ? () => Decode(events) : () => Apply(events, row == Rows[1] ? "sha256_cbor" : OwnKeys.SchemeName, blockSize);
            yield return new DecodeResult { Row = row, BlockSize = blockSize, MessageBytes = events[1].Length, MessagesPerSecond = Measure(runs, run) };
        }
    }

    private static double Measure(int runs, Func<double> run)
    {
        // Not counted: until the code is compiled for speed.
        for (var i = 0; i < 3; i++) run();
        return Median.Of(Enumerable.Range(0, runs).Select(_ => run()).ToArray());
    }

    private static double Decode(byte[][] events)
    {
        var scratch = new DecodingScratch();
        var began = ProcessorTime.Now;
        foreach (var payload in events)
        {
            if (!scratch.TryDecode(payload, out var error)) throw new InvalidOperationException($"a message could not be decoded: {error}");
        }

        return events.Length / (ProcessorTime.Now - began).TotalSeconds;
    }

    /// <summary>All messages into an empty index: every block is new to it.</summary>
    private static double Apply(byte[][] events, string scheme, int blockSize)
    {
        var index = new InMemoryBlockIndex();
        using var engine = new OneEngine(index, scheme, blockSize);
        var began = ProcessorTime.Now;
        foreach (var payload in events) engine.Accept(payload);
        var seconds = (ProcessorTime.Now - began).TotalSeconds;
        if (index.Statistics.Memberships != (long)events.Length * StoredEvents.Blocks) throw new InvalidOperationException("blocks are missing that were announced");
        return events.Length / seconds;
    }
}

/// <summary>A line of <c>bench decode --json</c>.</summary>
internal sealed record DecodeResult
{
    public string Bench { get; } = "decode";

    public required string Row { get; init; }

    /// <summary>Tokens a block.</summary>
    public required int BlockSize { get; init; }

    public required int MessageBytes { get; init; }

    public required double MessagesPerSecond { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DecodeResult))]
internal sealed partial class DecodeJson : JsonSerializerContext;
