using System.Runtime.InteropServices;

namespace OrleansKvRouter.Bench.Figures;

/// <summary>
/// The time for which the calling thread had a processor: rates that are asked of it do not change with what else the machine does
/// meanwhile, as long as nothing that is measured waits.
/// </summary>
internal static partial class ProcessorTime
{
    private const int OfThread = 3;

    public static TimeSpan Now
    {
        get
        {
            Marshal.ThrowExceptionForHR(Read(OfThread, out var time));
            return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromTicks(time.Nanoseconds / TimeSpan.NanosecondsPerTick);
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int Read(int clock, out Timespec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
