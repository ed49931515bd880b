using Microsoft.Extensions.Logging;

namespace OrleansKvRouter.EngineSim;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "{Engine}: a replay request of {Frames} frames, the last of {LastLength} bytes, is not answered: it must be an empty frame and one of 8 bytes")]
    public static partial void InvalidReplayRequest(this ILogger logger, string engine, int frames, int lastLength);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Engine}: the prefix cache was not reset because blocks are in use")]
    public static partial void ResetRefused(this ILogger logger, string engine);
}
