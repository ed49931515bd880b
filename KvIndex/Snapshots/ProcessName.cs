using System.Globalization;

namespace OrleansKvRouter.KvIndex.Snapshots;

/// <summary>How a process that takes a place is named to those who come after it.</summary>
internal static class ProcessName
{
    /// <summary>Machine, process and the time, which is that of taking.</summary>
    public static string Now() => string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}, since {DateTimeOffset.UtcNow:u}");
}
