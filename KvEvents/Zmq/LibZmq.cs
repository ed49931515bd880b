using System.Runtime.InteropServices;

namespace OrleansKvRouter.KvEvents.Zmq;

/// <summary>
/// The functions of libzmq 4.2 and later that the router needs (zmq.h). Every failing call leaves its reason in
/// errno, which the runtime saves before anything else can overwrite it.
/// </summary>
internal static unsafe partial class LibZmq
{
    internal const string Library = "libzmq.so.5";

    /// <summary>sizeof(zmq_msg_t), part of the ABI.</summary>
    internal const int MessageSize = 64;

    /// <summary>ZMQ_MAX_SOCKETS, to be set before the first socket is opened; 1023 by default.</summary>
    internal const int MaxSockets = 2;

    internal const int DontWait = 1;
    internal const int SendMore = 2;
    internal const short PollIn = 1;

    [LibraryImport(Library, EntryPoint = "zmq_ctx_new", SetLastError = true)]
    internal static partial nint ContextNew();

    [LibraryImport(Library, EntryPoint = "zmq_ctx_set", SetLastError = true)]
    internal static partial int ContextSet(nint context, int option, int value);

    [LibraryImport(Library, EntryPoint = "zmq_ctx_shutdown", SetLastError = true)]
    internal static partial int ContextShutdown(nint context);

    [LibraryImport(Library, EntryPoint = "zmq_ctx_term", SetLastError = true)]
    internal static partial int ContextTerminate(nint context);

    [LibraryImport(Library, EntryPoint = "zmq_socket", SetLastError = true)]
    internal static partial nint SocketNew(nint context, int type);

    [LibraryImport(Library, EntryPoint = "zmq_close", SetLastError = true)]
    internal static partial int SocketClose(nint socket);

    [LibraryImport(Library, EntryPoint = "zmq_setsockopt", SetLastError = true)]
    internal static partial int SetOption(nint socket, int option, void* value, nuint length);

    [LibraryImport(Library, EntryPoint = "zmq_getsockopt", SetLastError = true)]
    internal static partial int GetOption(nint socket, int option, void* value, nuint* length);

    [LibraryImport(Library, EntryPoint = "zmq_bind", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Bind(nint socket, string address);

    [LibraryImport(Library, EntryPoint = "zmq_connect", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Connect(nint socket, string address);

    [LibraryImport(Library, EntryPoint = "zmq_send", SetLastError = true)]
    internal static partial int Send(nint socket, byte* data, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "zmq_msg_init", SetLastError = true)]
    internal static partial int MessageInit(nint message);

    [LibraryImport(Library, EntryPoint = "zmq_msg_close", SetLastError = true)]
    internal static partial int MessageClose(nint message);

    [LibraryImport(Library, EntryPoint = "zmq_msg_recv", SetLastError = true)]
    internal static partial int MessageReceive(nint message, nint socket, int flags);

    [LibraryImport(Library, EntryPoint = "zmq_msg_data")]
    [SuppressGCTransition]
    internal static partial byte* MessageData(nint message);

    [LibraryImport(Library, EntryPoint = "zmq_msg_size")]
    [SuppressGCTransition]
    internal static partial nuint MessageLength(nint message);

    [LibraryImport(Library, EntryPoint = "zmq_msg_more")]
    [SuppressGCTransition]
    internal static partial int MessageMore(nint message);

    [LibraryImport(Library, EntryPoint = "zmq_poll", SetLastError = true)]
    internal static partial int Poll(PollItem* items, int count, nint timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "zmq_strerror")]
    internal static partial nint ErrorText(int error);

    /// <summary>zmq_pollitem_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollItem
    {
        public nint Socket;
        public int FileDescriptor;
        public short Events;
        public short ReturnedEvents;
    }
}
