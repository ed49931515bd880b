using OrleansKvRouter.KvEvents;
using OrleansKvRouter.KvEvents.Feeds;
using OrleansKvRouter.KvEvents.Receiving;
using OrleansKvRouter.KvEvents.Replay;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.KvEvents.Doubles;

/// <summary>A running subscriber over a counting index, with all that a test looks at.</summary>
internal sealed class Subscription : IDisposable
{
    public const string Model = "Qwen3-32B";

    private readonly KvEventInstruments _instruments = new();

    /// <param name="blockSize">Tokens a block.</param>
    /// <param name="options">How it works; where it listens is not taken from them.</param>
    /// <param name="port">Where it listens; any port by default.</param>
    public Subscription(int blockSize = 16, EventSubscriberOptions? options = null, int? port = null)
    {
        Pods = new Pods(Index, blockSize);
        Observed = new Observed(_instruments);
        var started = EventSubscriber.Start((options ?? Patient) with { Address = $"tcp://127.0.0.1:{(port is null ? "*" : port)}" }, Pods, _instruments, Logged, Time);
        Subscriber = started.Try(out var subscriber, out var fault) ? subscriber : throw new InvalidOperationException(fault.ToString());
    }

    /// <summary>Waits for replays so long that no busy machine uses it up.</summary>
    public static EventSubscriberOptions Patient { get; } = new() { Replay = new ReplayOptions { Patience = Eventually.Limit } };

    public CountingIndex Index { get; } = new();

    public Pods Pods { get; }

    public Observed Observed { get; }

    public Logged Logged { get; } = new();

    public ManualTime Time { get; } = new();

    public EventSubscriber Subscriber { get; }

    public Task<Engine> EngineAsync(string ip, params string[] arguments) => Engine.StartAsync(Subscriber.Port, $"kv@{ip}@{Model}", arguments);

    /// <summary>Waits until a feed has got as far as a sequence number.</summary>
    public static Task ReachedAsync(FeedTarget target, long sequence) =>
        Eventually.TrueAsync(() => target.Status.Cursor >= sequence, $"the feed gets to sequence {sequence}");

    /// <summary>Waits until the index says of an engine what the engine says of itself.</summary>
    public async Task EqualAsync(FeedTarget target, Engine engine)
    {
        var blocks = await engine.BlocksAsync();
        await Eventually.TrueAsync(() => Index.BlocksOf(target.Holder).SequenceEqual(blocks), $"the index has the {blocks.Length} blocks of {target.Endpoint}");
    }

    public Task CountedAsync(string name, long count) =>
        Eventually.TrueAsync(() => Observed[name] >= count, $"{name} gets to {count}");

    public string[] LinesWith(string text) => [.. Logged.Lines.Where(line => line.Contains(text, StringComparison.Ordinal))];

    public void Dispose()
    {
        Subscriber.Dispose();
        Observed.Dispose();
        _instruments.Dispose();
    }
}
