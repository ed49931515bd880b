using Microsoft.Extensions.Logging;

namespace OrleansKvRouter.Grains.Feeds;

/// <summary>
/// One engine's batches on their way to its owner: one call at a time, so that they arrive in order, and again until they have. What
/// waits is bounded; the oldest give way, which the owner sees as a gap and has replayed.
/// </summary>
internal sealed class FeedForwarder(IEngineFeedGrain owner, string engine, FeedInstruments instruments, TimeProvider time, ILogger log)
{
    private const int MaxBatches = 4096;
    private const long MaxBytes = 16 << 20;
    private const int BytesPerCall = 256 * 1024;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Lock _changing = new();
    private readonly Queue<(string Topic, long Sequence, byte[] Payload)> _waiting = new();
    private long _bytes;
    private bool _sending;

    public void Add(string topic, long sequence, ReadOnlySpan<byte> payload)
    {
        lock (_changing)
        {
            _waiting.Enqueue((topic, sequence, payload.ToArray()));
            _bytes += payload.Length;
            while (_waiting.Count > MaxBatches || (_bytes > MaxBytes && _waiting.Count > 1))
            {
                Dequeue();
                instruments.Dropped();
            }

            if (_sending) return;
            _sending = true;
        }

        _ = Task.Run(SendAsync);
    }

    private async Task SendAsync()
    {
        var failed = false;
        while (Next() is { } batches)
        {
            try
            {
                var taken = await owner.DeliverAsync(batches);
                Taken(batches, taken);
                instruments.Forwarded(taken);
                failed = false;
                if (taken == batches.Sequences.Length) continue;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // Its owner is gone or on its way to another silo.
                if (!failed) log.NotForwarded(engine, e.Message);
                failed = true;
            }

            await Task.Delay(Pause, time);
        }
    }

    /// <summary>What is to be sent next, which stays until it was taken; null, and nobody sends any more, where nothing waits.</summary>
    private ForwardedBatches? Next()
    {
        lock (_changing)
        {
            _sending = _waiting.Count > 0;
            if (!_sending) return null;
            var topic = _waiting.Peek().Topic;
            var (count, bytes) = (0, 0L);
            foreach (var (other, _, payload) in _waiting)
            {
                if (other != topic || (count > 0 && bytes + payload.Length > BytesPerCall)) break;
                bytes += payload.Length;
                count++;
            }

            var next = _waiting.Take(count).ToArray();
            return new ForwardedBatches(topic, Array.ConvertAll(next, batch => batch.Sequence), Array.ConvertAll(next, batch => batch.Payload));
        }
    }

    private void Taken(ForwardedBatches batches, int count)
    {
        lock (_changing)
        {
            // Some of them may have given way meanwhile.
            for (var i = 0; i < count && _waiting.TryPeek(out var oldest); i++)
            {
                if (ReferenceEquals(oldest.Payload, batches.Payloads[i])) Dequeue();
            }
        }
    }

    private void Dequeue() => _bytes -= _waiting.Dequeue().Payload.Length;
}
