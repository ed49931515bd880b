using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.KvEvents.Zmq;

namespace OrleansKvRouter.KvEvents.Replay;

/// <summary>
/// Fetches batches from an engine's ROUTER. Beyond its high-water mark a ROUTER drops replies and says nothing, so the
/// numbers are followed through the whole replay: behind a hole the engine is asked again from there, and only what a fresh answer
/// begins beyond is gone. What it drops at the end shows in nothing, so after a long answer it is asked for the rest until
/// the answer is short. Each attempt has a socket of its own, so that late replies to an earlier one cannot mix in.
/// Blocks its thread.
/// </summary>
internal sealed class ReplayClient(ZmqContext context, ZmqMessagePool messages, ReplayOptions options)
{
    /// <summary>An answer with fewer batches stays below every sensible high-water mark (a ROUTER's is 1,000), so it is whole.</summary>
    private const int ShortAnswer = 500;

    private static readonly ZmqSocketOptions DealerOptions = new()
    {
        ReceiveHighWatermark = 100_000,
        Ipv6 = true,
        MaxMessageBytes = 64 << 20,
    };

    private enum Answer
    {
        /// <summary>All there is.</summary>
        Whole,

        /// <summary>There may be more.</summary>
        Partial,

        /// <summary>Nobody wants it any more.</summary>
        Unwanted,
    }

    /// <summary>Answers the request through its sink, unless it is abandoned or the context is shut down.</summary>
    public void Run(ReplayRequest request, CancellationToken stop)
    {
        var next = request.Start;
        var vain = 0;
        while (!request.Abandoned && !stop.IsCancellationRequested)
        {
            var before = next;
            Fault? fault = null;
            if (Reach(request.Address, stop) is { } unreachable) fault = unreachable;
            else if (Ask(request, ref next, stop).Try(out var answer, out fault) && answer != Answer.Partial)
            {
                if (answer == Answer.Whole) request.Sink.ReplayEnded(request, null);
                return;
            }

            if (stop.IsCancellationRequested) return;
            vain = next > before ? 0 : vain + 1;
            if (vain == options.Attempts)
            {
                request.Sink.ReplayEnded(request, fault ?? new Fault($"{request.Address} answers without getting on"));
                return;
            }

            if (vain > 0) stop.WaitHandle.WaitOne(options.Backoff * (1 << Math.Min(vain - 1, 10)));
        }
    }

    /// <summary>A refused connection is known at once over plain TCP; ZeroMQ would keep trying in silence.</summary>
    private Fault? Reach(string address, CancellationToken stop)
    {
        if (!IPEndPoint.TryParse(address.AsSpan("tcp://".Length), out var endpoint)) return new Fault($"{address} is no address of a replay socket");
        using var probe = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(options.Patience);
        try
        {
            probe.ConnectAsync(endpoint, patience.Token).AsTask().GetAwaiter().GetResult();
            return null;
        }
        catch (SocketException e)
        {
            return new Fault($"{address}: {e.Message}", "start the engine with a replay_endpoint on this port");
        }
        catch (OperationCanceledException)
        {
            return new Fault($"{address}: no connection within {options.Patience}", "start the engine with a replay_endpoint on this port");
        }
    }

    /// <summary>Asks once, from <paramref name="next"/> on, which moves along with what arrives.</summary>
    private Expected<Answer> Ask(ReplayRequest request, ref long next, CancellationToken stop)
    {
        if (!context.Open(ZmqSocketType.Dealer, DealerOptions).Try(out var opened, out var fault)) return fault;
        using var socket = opened;
        if (socket.Connect(request.Address) is { } failure) return failure;
        Span<byte> start = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(start, next);
        if (socket.Send([], more: true) != ZmqResult.Done || socket.Send(start) != ZmqResult.Done) return Answer.Unwanted;

        var (sequence, payload) = (messages.Rent(), messages.Rent());
        try
        {
            for (var received = 0; ; received++)
            {
                if (!socket.Poll(options.Patience)) return stop.IsCancellationRequested ? Answer.Unwanted : new Fault($"{request.Address} was silent for {options.Patience}");
                if (!ReplayReply.Receive(socket, ref sequence, ref payload, out var frames)) return Answer.Unwanted;
                switch (ReplayReply.Read(frames, sequence.Data, payload.Data, out var number))
                {
                    case ReplayReplyKind.End:
                        return received < ShortAnswer ? Answer.Whole : Answer.Partial;
                    case ReplayReplyKind.Malformed:
                        return new Fault($"{request.Address} does not answer like an engine's replay socket");
                }

                if (number < next) continue;
                if (number > next && received > 0) return Answer.Partial;
                if (!request.Sink.Replayed(request, number, payload)) return Answer.Unwanted;
                next = number + 1;
                payload = messages.Rent();
            }
        }
        finally
        {
            messages.Return(sequence);
            messages.Return(payload);
        }
    }
}
