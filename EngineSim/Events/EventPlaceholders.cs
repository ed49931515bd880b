namespace OrleansKvRouter.EngineSim.Events;

/// <summary>Fills in what <see cref="EventOptions"/> leaves open: <c>{ip}</c>, <c>{name}</c> and <c>{model}</c>.</summary>
internal static class EventPlaceholders
{
    public static EngineOptions Fill(EngineOptions options)
    {
        if (options.Events is not { } events) return options;
        return options with
        {
            Events = events with
            {
                Endpoint = Replace(events.Endpoint),
                ReplayEndpoint = events.ReplayEndpoint is { } replay ? Replace(replay) : null,
                Topic = Replace(events.Topic),
            },
        };

        string Replace(string text) => text
            .Replace("{ip}", options.Host, StringComparison.Ordinal)
            .Replace("{name}", options.Name, StringComparison.Ordinal)
            .Replace("{model}", options.ServedModel, StringComparison.Ordinal);
    }
}
