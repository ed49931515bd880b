namespace OrleansKvRouter.EngineSim.Running;

/// <summary>How fast the simulated engine is.</summary>
/// <param name="PrefillTokensPerSecond">Prompt tokens that are not in the cache, over all sequences; above 0.</param>
/// <param name="DecodeTokensPerSecond">Tokens of one answer; above 0. Sequences decode side by side at this rate.</param>
/// <param name="TimeScale">Factor on every duration: 1 real time, 0.1 ten times as fast, 0 no waiting at all.</param>
public sealed record EngineSpeed(double PrefillTokensPerSecond = 10_000, double DecodeTokensPerSecond = 50, double TimeScale = 1);
