namespace OrleansKvRouter.Tests.KvIndex.Snapshots;

/// <summary>A snapshot as format 1 writes it, byte for byte.</summary>
internal static class FrozenSnapshot
{
    public const string Segment =
        "0100000001020304050607080B000000000000000100000000000300000007000000030000000300000001000000010000000000000002000000000000000100000001000000" +
        "000000000000000001000000010000000100000002000000010000000200000000000000010000000B000000000000000C000000000000000D00000000000000";

    public const string Manifest =
        "KVROUTER-SNAPSHOT 1 933 fa30fb1c490b3cda\n" +
        "{\"generation\":1,\"takenAt\":\"2025-01-02T03:04:05+00:00\",\"pool\":\"default/pool\",\"keys\":{\"blockSize\":16,\"algorithm\"" +
        ":\"auto\",\"seed\":\"42\",\"function\":\"sha256_cbor\",\"root\":\"00FF\",\"source\":\"Proven\"},\"engines\":[{\"endpoint\":\"default/" +
        "pod-a\",\"uid\":\"uid-a\",\"address\":\"10.0.0.1:8000\",\"keysPerBlock\":1,\"rank\":0,\"sequence\":41,\"timestamp\":1700000000." +
        "25,\"trust\":\"Exact\",\"cause\":\"\",\"group\":0,\"namings\":[\"Unknown\",\"Engine\",\"Unknown\"]},{\"endpoint\":\"default/pod-b\"," +
        "\"uid\":\"\",\"address\":\"10.0.0.2:8000\",\"keysPerBlock\":1,\"rank\":1,\"sequence\":7,\"timestamp\":1700000001,\"trust\":\"Mapp" +
        "ed\",\"cause\":\"another seed\",\"differs\":\"Seed\",\"stale\":\"3 batches were lost\",\"maps\":[{\"role\":\"Engine\",\"sizes\":[{\"" +
        "keysPerBlock\":1,\"stateBytes\":0,\"places\":[{\"segment\":1,\"offset\":0,\"length\":26,\"hash\":8390397993067810754}]}]}]}" +
        "],\"holders\":[{\"engine\":0,\"tier\":\"Gpu\"},{\"engine\":1,\"tier\":\"Gpu\"},null],\"blocks\":[{\"segment\":1,\"offset\":26,\"len" +
        "gth\":108,\"hash\":9574967097526720052}],\"blockCount\":3}";
}
