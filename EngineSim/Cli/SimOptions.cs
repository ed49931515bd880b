using System.CommandLine;
using System.Net;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.EngineSim.Events;
using OrleansKvRouter.EngineSim.Running;
using OrleansKvRouter.KvIndex.Keys;

namespace OrleansKvRouter.EngineSim.Cli;

/// <summary>The command line's options, and how engines are made of them.</summary>
internal sealed class SimOptions
{
    private static readonly EngineOptions Defaults = new() { ServedModel = "" };
    private static readonly EventOptions EventDefaults = new();

    private readonly Option<string> _host = Value("--host", "IP address to serve on; with --count the first of consecutive ones.", "127.0.0.11");
    private readonly Option<int> _port = Value("--port", "HTTP port, the same for all engines.", Defaults.Port);
    private readonly Option<string> _name = Value("--name", "Engines are called NAME-0, NAME-1, …", "engine");
    private readonly Option<string?> _servedModel = new("--served-model-name") { Description = "The model's name in requests. [default: --model's last path segment]" };
    private readonly Option<string[]> _lora = new("--lora") { Description = "Name of a LoRA adapter to serve; may be repeated." };
    private readonly Option<int> _blockSize = Value("--block-size", "Tokens a KV-cache block.", Defaults.BlockSize);
    private readonly Option<int> _blocks = Value("--blocks", "Blocks in the KV cache.", Defaults.Blocks);
    private readonly Option<int?> _maxModelLength = new("--max-model-len") { Description = "Most tokens of prompt and answer together. [default: what the cache holds]" };
    private readonly Option<int> _maxSequences = Value("--max-num-seqs", "Most requests that run at once; others wait.", Defaults.MaxSequences);
    private readonly Option<int> _maxBatchedTokens = Value("--max-num-batched-tokens", "Most tokens computed in one step.", Defaults.MaxBatchedTokens);
    private readonly Option<int> _defaultMaxTokens = Value("--default-max-tokens", "Length of an answer whose request sets no max_tokens.", Defaults.DefaultMaxTokens);
    private readonly Option<double> _prefill = Value("--prefill-tokens-per-second", "Prompt tokens, not in the cache, that an engine computes a second.", Defaults.Speed.PrefillTokensPerSecond);
    private readonly Option<double> _decode = Value("--decode-tokens-per-second", "Tokens a second of each answer.", Defaults.Speed.DecodeTokensPerSecond);
    private readonly Option<double> _timeScale = Value("--time-scale", "Factor on all durations; 0 does not wait at all.", Defaults.Speed.TimeScale);
    private readonly Option<string> _hashAlgorithm = Value("--prefix-caching-hash-algo", $"How blocks are hashed: {string.Join(", ", KeyFunctions.Names)}.", Defaults.HashAlgorithm);
    private readonly Option<string?> _hashSeed = new("--hash-seed") { Description = "The engines' PYTHONHASHSEED. [default: unset]" };
    private readonly Option<string> _endpoint = Value("--endpoint", "Where KV events are published: bound if it has * or ::, else connected to. * is the engine's own address.", EventDefaults.Endpoint);
    private readonly Option<string> _topic = Value("--topic", "Topic of KV events; {ip}, {name} and {model} are filled in.", EventDefaults.Topic);
    private readonly Option<string?> _replayEndpoint = new("--replay-endpoint") { Description = "Where the replay socket is bound, e.g. tcp://*:5558. [default: none]" };
    private readonly Option<int> _bufferSteps = Value("--buffer-steps", "Batches kept for replay.", EventDefaults.BufferSteps);
    private readonly Option<string> _schema = Value("--schema", "vLLM release whose event form is played, from v0.10.0 on.", EventDefaults.Schema);
    private readonly Option<string> _eventHashes = Value("--event-hashes", "How KV events name blocks: integers, or from v0.10.2 on bytes (vLLM's VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES).", EventDefaults.Hashes);
    private readonly Option<bool> _noEvents = new("--no-events") { Description = "Publish no KV events." };

    private readonly Option<int?> _rank = new("--data-parallel-rank") { Description = "The rank that engines have, where each pod is one rank. [default: 0]" };

    /// <summary>Engines of each pod: rank r serves on <c>--port</c> + r and publishes on the event port + r.</summary>
    public Option<int> Ranks { get; } = Value("--data-parallel-size", "Data-parallel ranks of each pod: rank R serves on --port + R and publishes on the event port + R.", 1);

    public Option<int> Count { get; } = Value("--count", "Number of engines.", 1);

    public Option<string> Models { get; } = Value("--models", "Folder of model folders.", "models");

    public Option<string> Model { get; } = Value("--model", "Folder below --models that has the model's tokenizer.json.", "Qwen3-32B");

    public Option<FileInfo?> WritePods { get; } = new("--write-pods") { Description = "Write the engines as Kubernetes Pod documents to this file, for kvrouter serve -f." };

    public Option<string> Labels { get; } = Value("--labels", "Labels of those pods: KEY=VALUE,KEY=VALUE.", "app=qwen3");

    public Option<string> Namespace { get; } = Value("--namespace", "Namespace of those pods.", "default");

    public IEnumerable<Option> All =>
    [
        Models, Model, _servedModel, _lora, _host, _port, Count, _name, Ranks, _rank,
        _blocks, _blockSize, _maxModelLength, _maxSequences, _maxBatchedTokens, _defaultMaxTokens,
        _prefill, _decode, _timeScale, _hashAlgorithm, _hashSeed,
        _endpoint, _topic, _replayEndpoint, _bufferSteps, _schema, _eventHashes, _noEvents,
        WritePods, Labels, Namespace,
    ];

    /// <summary>What is wrong with how pods and ranks are numbered; null for nothing.</summary>
    public Fault? CheckNumbers(ParseResult line) =>
        line.GetValue(Count) < 1 ? new Fault($"--count is {line.GetValue(Count)}", "it must be at least 1")
        : line.GetValue(Ranks) < 1 ? new Fault($"--data-parallel-size is {line.GetValue(Ranks)}", "it must be at least 1")
        : line.GetValue(Ranks) > 1 && line.GetValue(_rank) is not null ? new Fault("--data-parallel-rank and --data-parallel-size are both given", "give the rank where each pod is one rank, the size where it is several")
        : null;

    /// <summary>One rank (from 0) of the pod with number <paramref name="index"/> (from 0).</summary>
    public EngineOptions Engine(ParseResult line, int index, int rank) => new()
    {
        Name = $"{line.GetValue(_name)}-{index}",
        Host = HostAt(line.GetValue(_host)!, index),
        Port = line.GetValue(_port) + rank,
        Rank = line.GetValue(_rank) ?? rank,
        ServedModel = line.GetValue(_servedModel) ?? line.GetValue(Model)!.TrimEnd('/').Split('/')[^1],
        LoraAdapters = line.GetValue(_lora) ?? [],
        BlockSize = line.GetValue(_blockSize),
        Blocks = line.GetValue(_blocks),
        MaxModelLength = line.GetValue(_maxModelLength),
        MaxSequences = line.GetValue(_maxSequences),
        MaxBatchedTokens = line.GetValue(_maxBatchedTokens),
        DefaultMaxTokens = line.GetValue(_defaultMaxTokens),
        Speed = new EngineSpeed(line.GetValue(_prefill), line.GetValue(_decode), line.GetValue(_timeScale)),
        HashAlgorithm = line.GetValue(_hashAlgorithm)!,
        HashSeed = line.GetValue(_hashSeed),
        Events = line.GetValue(_noEvents) ? null : Events(line),
    };

    private EventOptions Events(ParseResult line) => new()
    {
        Endpoint = line.GetValue(_endpoint)!,
        Topic = line.GetValue(_topic)!,
        ReplayEndpoint = line.GetValue(_replayEndpoint),
        BufferSteps = line.GetValue(_bufferSteps),
        Schema = line.GetValue(_schema)!,
        Hashes = line.GetValue(_eventHashes)!,
    };

    /// <summary>The address <paramref name="index"/> behind the first; what is no address is left for the engine to refuse.</summary>
    private static string HostAt(string first, int index)
    {
        if (index == 0 || !IPAddress.TryParse(first, out var address)) return first;
        var bytes = address.GetAddressBytes();
        for (var (at, carry) = (bytes.Length - 1, index); at >= 0 && carry > 0; at--)
        {
            carry += bytes[at];
            bytes[at] = (byte)carry;
            carry >>= 8;
        }

        return new IPAddress(bytes).ToString();
    }

    private static Option<T> Value<T>(string name, string description, T defaultValue) =>
        new(name) { Description = description, DefaultValueFactory = _ => defaultValue };
}
