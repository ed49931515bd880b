using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.KvEvents.Zmq;

/// <summary>errno values that calls are told apart by (Linux; the last from zmq.h), and their wording for people.</summary>
internal static class ZmqError
{
    internal const int Interrupted = 4;
    internal const int Again = 11;
    internal const int AccessDenied = 13;
    internal const int NoDevice = 19;
    internal const int Invalid = 22;
    internal const int AddressInUse = 98;
    internal const int AddressNotAvailable = 99;
    internal const int Terminated = 156384765;

    internal static Fault LibraryMissing { get; } =
        new($"ZeroMQ is not installed: {LibZmq.Library} was not found", "install libzmq5 (apt-get install libzmq5)");

    internal static int Last => Marshal.GetLastPInvokeError();

    /// <summary>The last failure as a fault that names <paramref name="culprit"/>, an address or a call.</summary>
    internal static Fault Describe(string culprit)
    {
        var error = Last;
        var text = Marshal.PtrToStringUTF8(LibZmq.ErrorText(error)) ?? $"error {error}";
        return new Fault($"{culprit}: {char.ToLowerInvariant(text[0])}{text[1..]}", Mend(error));
    }

    /// <summary>For failures that only a bug in this library can bring about.</summary>
    internal static InvalidOperationException Bug(string call) => new(Describe(call).What);

    private static string Mend(int error) => error switch
    {
        AddressInUse => "stop the program that listens there, or choose another port",
        AccessDenied => "choose a port above 1023",
        NoDevice or AddressNotAvailable => "use * or an address of this machine",
        Invalid => "write it as tcp://HOST:PORT",
        _ => "",
    };
}
