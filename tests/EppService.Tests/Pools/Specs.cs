using OrleansKvRouter.Contracts.Resources;

namespace OrleansKvRouter.Tests.EppService.Pools;

/// <summary>Pools, policies and endpoints as the resource documents give them.</summary>
internal static class Specs
{
    public const string Model = "Qwen/Qwen3-32B";
    public const int BlockSize = 16;

    public static ResourceSnapshot Resources(params PoolSpec[] pools) => new(pools);

    public static PoolSpec Pool(string name, TrafficPolicy policy, params EndpointSpec[] endpoints) => new()
    {
        Namespace = "default",
        Name = name,
        TargetPorts = [8000],
        Selector = new Dictionary<string, string> { ["app"] = name },
        Policy = policy,
        Endpoints = endpoints,
    };

    public static TrafficPolicy Tracking(string model = Model, string algorithm = "sha256_cbor_64bit") => new()
    {
        Name = "policy",
        Mode = PrefixCacheMode.Tracking,
        TokenProcessor = new TokenProcessorConfig { BlockSize = BlockSize, HashSeed = "42", HashAlgorithm = algorithm, Model = model },
    };

    public static EndpointSpec Pod(string name, string ip, bool ready = true, string uid = "", int port = 8000, int rank = 0) =>
        new("default", name, uid, ip, port, rank, new Dictionary<string, string> { ["app"] = "qwen" }, ready);
}
