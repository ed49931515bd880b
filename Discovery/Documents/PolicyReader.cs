using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Discovery.Yaml;

namespace OrleansKvRouter.Discovery.Documents;

/// <summary>
/// Reads InferenceTrafficPolicies (<c>inferenceextension.alibabacloud.com/v1alpha1</c>) with this program's additions:
/// <c>hashAlgorithm</c>, <c>eventsConfig</c>, <c>weights</c>, <c>tierWeights</c>, <c>trust</c>, <c>speculation</c> and <c>admission</c>.
/// </summary>
internal static class PolicyReader
{
    /// <summary>Bounds the buffers of a request; vLLM's largest block sizes are some thousands of tokens.</summary>
    private const int MaxBlockSize = 1 << 20;
    private const int MaxRanks = 256;
    private const int MaxHoldMilliseconds = 600_000;

    /// <summary>vLLM's <c>--prefix-caching-hash-algo</c> values, v0.10.0 to v0.30.0 (spec 1.2), and this program's additions.</summary>
    private static readonly string[] HashAlgorithms =
        ["auto", "builtin", "sha256", "sha256_cbor", "sha256_cbor_64bit", "xxhash", "xxhash_cbor", "sglang", "own"];

    public static ResourceDocument Read(Fields document, DocumentScope scope)
    {
        var metadata = Metadata.Read(document);
        document.Accept("status");
        if (!document.Has("spec")) document.Error("spec", "missing; a policy needs a poolRef");
        return document.Read("spec", new PolicyDocument(scope, document.At, metadata, "", TrafficPolicy.Default), spec =>
        {
            if (!spec.Has("poolRef")) spec.Error("poolRef", "missing; name the pool that the policy is for");
            var pool = spec.Read("poolRef", "", ReadPoolRef);
            var policy = spec.Read("profile", TrafficPolicy.Default, profile =>
                profile.Read("single", TrafficPolicy.Default, single =>
                    single.Read("trafficPolicy", TrafficPolicy.Default, ReadTrafficPolicy)));
            return new PolicyDocument(scope, document.At, metadata, pool, policy with { Name = metadata.Name });
        });
    }

    private static string ReadPoolRef(Fields fields)
    {
        fields.Word("group", "inference.networking.k8s.io", "inference.networking.x-k8s.io");
        fields.Word("kind", "InferencePool");
        return fields.RequiredName("name", "name the pool that the policy is for") ?? "";
    }

    private static TrafficPolicy ReadTrafficPolicy(Fields fields)
    {
        var policy = fields.Read("prefixCache", TrafficPolicy.Default, ReadPrefixCache);
        return policy with
        {
            Weights = fields.Read("weights", policy.Weights, ReadWeights),
            Trust = fields.Read("trust", policy.Trust, trust => new TrustConfig { StaleFactor = trust.Share("staleFactor") ?? policy.Trust.StaleFactor }),
            TierWeights = fields.Read("tierWeights", policy.TierWeights, ReadTierWeights),
            Speculation = fields.Read("speculation", policy.Speculation, ReadSpeculation),
            DataParallel = fields.Read("dataParallel", policy.DataParallel, ReadDataParallel),
            Admission = fields.Read("admission", policy.Admission, admission => new AdmissionConfig { MaxQueueDepth = admission.Integer("maxQueueDepth", 1, int.MaxValue) }),
        };
    }

    private static TrafficPolicy ReadPrefixCache(Fields fields)
    {
        if (!fields.Has("mode")) fields.Error("mode", "missing; write tracking (from the engines' events) or estimate (from what was routed)");
        var policy = TrafficPolicy.Default with
        {
            Mode = fields.Word("mode", "tracking", "estimate") == "estimate" ? PrefixCacheMode.Estimate : PrefixCacheMode.Tracking,
        };
        return fields.Read("trackingConfig", policy, tracking => policy with
        {
            TokenProcessor = tracking.Read("indexerConfig", policy.TokenProcessor, indexer =>
                indexer.Read("tokenProcessorConfig", policy.TokenProcessor, ReadTokenProcessor)),
            Events = tracking.Read("eventsConfig", policy.Events, ReadEvents),
        });
    }

    private static TokenProcessorConfig ReadTokenProcessor(Fields fields)
    {
        var defaults = new TokenProcessorConfig();
        return new TokenProcessorConfig
        {
            BlockSize = fields.Integer("blockSize", 1, MaxBlockSize) ?? defaults.BlockSize,
            HashSeed = fields.TextOrInteger("hashSeed"),
            HashAlgorithm = fields.Word("hashAlgorithm", HashAlgorithms) ?? defaults.HashAlgorithm,
            ExtraKeys = fields.Word("extraKeys", "auto", "v0.19", "v0.11.1", "v0.10") ?? defaults.ExtraKeys,
            Model = fields.Name("model"),
        };
    }

    private static EventsConfig ReadEvents(Fields fields)
    {
        var defaults = new EventsConfig();
        return new EventsConfig
        {
            Mode = fields.Word("mode", "bind", "connect") == "connect" ? EventsMode.Connect : EventsMode.Bind,
            Port = fields.Integer("port", 1, 65535) ?? defaults.Port,
            ReplayPort = fields.Integer("replayPort", 1, 65535),
        };
    }

    private static ScorerWeights ReadWeights(Fields fields)
    {
        var defaults = new ScorerWeights();
        return new ScorerWeights
        {
            Prefix = fields.Weight("prefix") ?? defaults.Prefix,
            QueueDepth = fields.Weight("queueDepth") ?? defaults.QueueDepth,
            KvCacheUtilization = fields.Weight("kvCacheUtilization") ?? defaults.KvCacheUtilization,
            InFlightTokens = fields.Weight("inFlightTokens") ?? defaults.InFlightTokens,
        };
    }

    private static DataParallelConfig ReadDataParallel(Fields fields) => new()
    {
        Ranks = fields.Integer("ranks", 1, MaxRanks) ?? 1,
        SelectedBy = fields.Word("selectedBy", "router", "engine") == "engine" ? RankSelection.Engine : RankSelection.Router,
    };

    private static SpeculationConfig ReadSpeculation(Fields fields)
    {
        var defaults = new SpeculationConfig();
        return new SpeculationConfig
        {
            Weight = fields.Share("weight") ?? defaults.Weight,
            HoldMilliseconds = fields.Integer("holdMilliseconds", 1, MaxHoldMilliseconds) ?? defaults.HoldMilliseconds,
        };
    }

    private static TierWeights ReadTierWeights(Fields fields)
    {
        var defaults = new TierWeights();
        return new TierWeights
        {
            Gpu = fields.Share("gpu") ?? defaults.Gpu,
            Cpu = fields.Share("cpu") ?? defaults.Cpu,
            Disk = fields.Share("disk") ?? defaults.Disk,
        };
    }
}
