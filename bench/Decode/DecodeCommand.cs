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
    private const int Held = Events / 2;
    private const int Turn = 64;
    private static readonly int[] BlockSizes = [16, 64];
    private static readonly string[] Rows = ["decode", "decode, apply", "decode, map, apply", "decode, apply, new index"];

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object a line instead of a table" };
        var runs = new Option<int>("--runs") { Description = "A figure is the median of so many", DefaultValueFactory = _ => 7 };
        var rows = new Option<string[]>("--rows") { Description = "Only these", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => Rows };
        rows.AcceptOnlyFromAmong(Rows);
        var command = new Command("decode", "Messages a second from msgpack into the index, each with 64 blocks") { rows, runs, json };
        command.SetAction(line =>
        {
            if (!line.GetValue(json)) Console.WriteLine($"{"row",-24} {"block",5} {"bytes",7} {"messages/s",12}");
            foreach (var blockSize in BlockSizes)
            {
                foreach (var result in Run(blockSize, line.GetValue(rows)!, Math.Max(1, line.GetValue(runs))))
                {
                    Console.WriteLine(line.GetValue(json)
                        ? JsonSerializer.Serialize(result, DecodeJson.Default.DecodeResult)
                        : string.Create(CultureInfo.InvariantCulture, $"{result.Row,-24} {result.BlockSize,5} {result.MessageBytes,7} {result.MessagesPerSecond,12:#,0}"));
                }
            }
        });
        return command;
    }

    private static IEnumerable<DecodeResult> Run(int blockSize, string[] rows, int runs)
    {
        var (stored, removed) = StoredEvents.Create(Events, blockSize, KeyFunctions.Create("sha256_cbor", "42").Value!);
        foreach (var row in rows)
        {
            using var full = new FullEngine(row == Rows[2] ? OwnKeys.SchemeName : "sha256_cbor", blockSize, stored, removed);
            Func<double> run = row == Rows[0] ? () => Decode(stored) : row == Rows[3] ? () => Apply(stored, blockSize) : full.Run;
            yield return new DecodeResult { Row = row, BlockSize = blockSize, MessageBytes = stored[1].Length, MessagesPerSecond = Measure(runs, run) };
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

    /// <summary>All messages into an index that begins empty: what memory costs when it is first touched counts.</summary>
    private static double Apply(byte[][] stored, int blockSize)
    {
        var index = new InMemoryBlockIndex();
        using var engine = new OneEngine(index, "sha256_cbor", blockSize);
        var began = ProcessorTime.Now;
        foreach (var payload in stored) engine.Accept(payload);
        var seconds = (ProcessorTime.Now - began).TotalSeconds;
        if (index.Statistics.Memberships != (long)stored.Length * StoredEvents.Blocks) throw new InvalidOperationException("blocks are missing that were announced");
        return stored.Length / seconds;
    }

    /// <summary>
    /// An engine whose cache is full: every block that it announces is new to the index, and as many of the oldest are removed, which
    /// is not counted.
    /// </summary>
    private sealed class FullEngine : IDisposable
    {
        private readonly InMemoryBlockIndex _index = new();
        private readonly OneEngine _engine;
        private readonly byte[][] _stored;
        private readonly byte[][] _removed;

        public FullEngine(string scheme, int blockSize, byte[][] stored, byte[][] removed)
        {
            (_engine, _stored, _removed) = (new OneEngine(_index, scheme, blockSize), stored, removed);
            foreach (var payload in stored[..Held]) _engine.Accept(payload);
        }

        public double Run()
        {
            var time = TimeSpan.Zero;
            for (var at = 0; at < Events; at += Turn)
            {
                var began = ProcessorTime.Now;
                for (var i = at; i < at + Turn; i++) _engine.Accept(_stored[(i + Held) % Events]);
                time += ProcessorTime.Now - began;
                for (var i = at; i < at + Turn; i++) _engine.Accept(_removed[i]);
            }

            if (_index.Statistics.Memberships != (long)Held * StoredEvents.Blocks) throw new InvalidOperationException("the index does not hold what the engine holds");
            return Events / time.TotalSeconds;
        }

        public void Dispose() => _engine.Dispose();
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
