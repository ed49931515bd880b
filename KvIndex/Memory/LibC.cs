using System.Runtime.InteropServices;

namespace OrleansKvRouter.KvIndex.Memory;

/// <summary>The calls by which Linux hands out memory (mmap(2), mprotect(2), madvise(2)).</summary>
internal static unsafe partial class LibC
{
    public const int ProtNone = 0, ProtReadWrite = 3;
    public const int MapPrivate = 2, MapAnonymous = 0x20, MapNoReserve = 0x4000;
    public const int AdviseDontNeed = 4, AdviseHugePages = 14, AdvisePopulateWrite = 23;

    public static readonly byte* Failed = (byte*)-1;

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial byte* Map(byte* at, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int Unmap(byte* at, nuint length);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    public static partial int Protect(byte* at, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    public static partial int Advise(byte* at, nuint length, int advice);
}
