using System.Globalization;

namespace OrleansKvRouter.EppService.Doctor;

/// <summary>What the index says of the engine is known to be wrong, or being mended.</summary>
internal sealed class StaleRule : EndpointRule
{
    protected override Finding? Check(Patient patient) => patient.Now.Trust switch
    {
        { State: "stale" } trust => Problem(
            patient,
            $"stale{(trust.Since is { } since ? $" since {since:u}" : "")}: {trust.Cause}",
            "it mends itself while requests are answered; if it comes back, look for what drops the engine's cache (sleep, /reset_prefix_cache) or its events (\"hwm\", \"replay_endpoint\" in --kv-events-config)"),
        { State: "recovering" } trust => Remark(patient, $"recovering: {trust.Cause}", "wait"),
        _ => null,
    };
}

/// <summary>Predictions are often too high.</summary>
internal sealed class AccuracyRule : EndpointRule
{
    private const int Enough = 20;
    private const double Tolerated = 0.05;

    protected override Finding? Check(Patient patient)
    {
        if (patient.Now.Predictions is not { Judged: >= Enough, PredictedTokens: > 0 } seen) return null;
        var share = (double)seen.OverTokens / seen.PredictedTokens;
        if (share <= Tolerated) return null;
        var what = string.Create(CultureInfo.InvariantCulture, $"of the tokens predicted to be cached the engine computed {share:P0}");
        const string Mend =
            "give the engine more cache (--gpu-memory-utilization, --num-gpu-blocks-override) if it evicts all the time; else see that all its traffic's events reach the router";
        // The sums are since it joined: what went wrong once and was mended stays in them.
        return patient.Before?.Predictions is { } before && before.OverTokens == seen.OverTokens
            ? Remark(patient, $"{what}, none of them just now", Mend)
            : Problem(patient, what, Mend);
    }
}

/// <summary>The engine never says what it had cached, so predictions cannot be held against anything.</summary>
internal sealed class UnreportedRule : EndpointRule
{
    protected override Finding? Check(Patient patient) => patient.Now.Predictions is { Judged: 0, Unreported: > 0 }
        ? Remark(patient, "its answers do not say how many tokens were cached, so predictions are not checked", "--enable-prompt-tokens-details on the engine (SGLang: --enable-cache-report)")
        : null;
}

/// <summary>Router and engine make other tokens of the same request.</summary>
internal sealed class MiscountRule : EndpointRule
{
    protected override Finding? Check(Patient patient) => patient.Now.Predictions is { Miscounted: > 0 and var times }
        ? Problem(
            patient,
            $"{times} times the engine counted another number of prompt tokens than the router",
            "copy the engine's tokenizer.json, tokenizer_config.json and chat template (--chat-template) into the folder that --models names")
        : null;
}

/// <summary>The engine's load is not known.</summary>
internal sealed class LoadUnknownRule : EndpointRule
{
    protected override Finding? Check(Patient patient) => patient.Now is { Ready: true, Load.Waiting: null }
        ? Problem(patient, "its load is unknown: /metrics cannot be read", "let the router reach the engine's port, and start the engine without --disable-log-stats")
        : null;
}

/// <summary>The pod is not Ready, so nothing is sent to it.</summary>
internal sealed class UnreadyRule : EndpointRule
{
    protected override Finding? Check(Patient patient) =>
        patient.Now.Ready ? null : Remark(patient, "its pod is not Ready, so no request goes there", "see why its readiness probe fails");
}
