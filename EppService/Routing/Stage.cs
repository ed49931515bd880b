namespace OrleansKvRouter.EppService.Routing;

/// <summary>The stages of a decision, in their order.</summary>
internal enum Stage
{
    /// <summary>Body → request.</summary>
    Parse,

    /// <summary>Messages → text, through the chat template.</summary>
    Render,

    /// <summary>Text → token ids.</summary>
    Tokenize,

    /// <summary>Token ids → block keys.</summary>
    Hash,

    /// <summary>Block keys → how many leading blocks each endpoint holds.</summary>
    Walk,

    /// <summary>Matches and load → the pick.</summary>
    Score,
}

/// <summary>How long each stage of one decision took. Reused from decision to decision.</summary>
internal sealed class StageClock
{
    private readonly long[] _ticks = new long[StageNames.Count];
    private long _last;
    private long _started;

    public void Start()
    {
        Array.Clear(_ticks);
        _started = _last = TimeProvider.System.GetTimestamp();
    }

    /// <summary>Adds the time since the last mark to a stage; a stage may be marked more than once.</summary>
    public void Mark(Stage stage)
    {
        var now = TimeProvider.System.GetTimestamp();
        _ticks[(int)stage] += now - _last;
        _last = now;
    }

    /// <summary>From the start to the last mark.</summary>
    public TimeSpan Total => TimeProvider.System.GetElapsedTime(_started, _last);

    public TimeSpan Of(Stage stage) => TimeProvider.System.GetElapsedTime(0, _ticks[(int)stage]);
}

/// <summary>The stages' names as they stand in metrics.</summary>
internal static class StageNames
{
    private static readonly string[] Names = Array.ConvertAll(Enum.GetNames<Stage>(), name => name.ToLowerInvariant());

    public static int Count => Names.Length;

    public static string Of(Stage stage) => Names[(int)stage];
}
