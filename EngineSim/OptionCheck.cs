using System.Net;
using OrleansKvRouter.Contracts;

namespace OrleansKvRouter.EngineSim;

/// <summary>What must be true of options before an engine starts; a fault names the option as the command line spells it.</summary>
internal static class OptionCheck
{
    public static Fault? Check(EngineOptions options) =>
        AtLeastOne("--blocks", options.Blocks)
        ?? AtLeastOne("--block-size", options.BlockSize)
        ?? AtLeastOne("--max-num-seqs", options.MaxSequences)
        ?? AtLeastOne("--max-num-batched-tokens", options.MaxBatchedTokens)
        ?? AtLeastOne("--default-max-tokens", options.DefaultMaxTokens)
        ?? AtLeastOne("--max-model-len", options.MaxModelLength ?? 1)
        ?? AtLeastOne("--buffer-steps", options.Events?.BufferSteps ?? 1)
        ?? AboveZero("--prefill-tokens-per-second", options.Speed.PrefillTokensPerSecond)
        ?? AboveZero("--decode-tokens-per-second", options.Speed.DecodeTokensPerSecond)
        ?? (options.Rank >= 0 ? null : new Fault($"--data-parallel-rank is {options.Rank}", "it must be 0 or more"))
        ?? NoRankOverIpc(options.Rank, options.Events?.Endpoint, options.Events?.ReplayEndpoint)
        ?? (options.Speed.TimeScale >= 0 ? null : new Fault($"--time-scale is {options.Speed.TimeScale}", "it must be 0 or more"))
        ?? (IPAddress.TryParse(options.Host, out _) ? null : new Fault($"--host \"{options.Host}\" is not an IP address", "write it as 127.0.0.1"));

    private static Fault? NoRankOverIpc(int rank, params ReadOnlySpan<string?> endpoints)
    {
        foreach (var endpoint in endpoints)
        {
            if (rank > 0 && endpoint?.StartsWith("ipc://", StringComparison.Ordinal) == true)
                return new Fault($"{endpoint} has no port that rank {rank} could be added to", "use tcp:// or inproc://, as vLLM demands");
        }

        return null;
    }

    private static Fault? AtLeastOne(string option, int value) => value >= 1 ? null : new Fault($"{option} is {value}", "it must be at least 1");

    private static Fault? AboveZero(string option, double value) => value > 0 ? null : new Fault($"{option} is {value}", "it must be above 0");
}
