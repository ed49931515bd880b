using OrleansKvRouter.Contracts.Resources;
using OrleansKvRouter.Discovery.Files;
using static OrleansKvRouter.Tests.Discovery.Documents;

namespace OrleansKvRouter.Tests.Discovery.Files;

public sealed class ResourceFilesErrorTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private LoadResult Load(params string[] documents) => ResourceFiles.Load([_folder.Write("r.yaml", Join(documents))]);

    private ResourceIssue OnlyError(params string[] documents)
    {
        var result = Load(documents);
        Assert.Null(result.Snapshot);
        return Assert.Single(result.Errors);
    }

    [Fact]
    public void Load_Typo_NamesFileLineDocumentFieldAndNearestName()
    {
        var error = OnlyError(Pool, Policy("blocksize: 64", "hashSeed: 42"));

        Assert.Equal(
            $"{_folder["r.yaml"]}:27:17: document 2 (InferenceTrafficPolicy default/policy): "
            + "spec.profile.single.trafficPolicy.prefixCache.trackingConfig.indexerConfig.tokenProcessorConfig.blocksize: "
            + "unknown field; did you mean \"blockSize\"?",
            error.ToString());
    }

    [Theory]
    [InlineData("blockSzie: 64", "did you mean \"blockSize\"?")]
    [InlineData("BlockSize: 64", "did you mean \"blockSize\"?")]
    [InlineData("hash_seed: 64", "did you mean \"hashSeed\"?")]
    [InlineData("seed: 64", "known here: blockSize, extraKeys, hashAlgorithm, hashSeed, model; the nearest is \"hashSeed\"")]
    [InlineData("blockSize: \"64\"", "must be an integer from 1 to 1048576, not the text \"64\"")]
    [InlineData("blockSize: 0", "must be an integer from 1 to 1048576, not the integer 0")]
    [InlineData("blockSize: -16", "not the integer -16")]
    [InlineData("blockSize: 064", "not the integer 064")]
    [InlineData("blockSize: 6.4", "not the number 6.4")]
    [InlineData("blockSize: 99999999999999999999", "must be an integer")]
    [InlineData("blockSize: [64]", "not a list")]
    [InlineData("hashSeed: 4.2", "must be text or an integer, not the number 4.2")]
    [InlineData("hashSeed: true", "must be text or an integer, not the boolean true")]
    [InlineData("hashSeed: {a: 1}", "must be text or an integer, not a mapping")]
    [InlineData("hashAlgorithm: sha256-cbor", "none of auto, builtin, sha256, sha256_cbor, sha256_cbor_64bit, xxhash, xxhash_cbor, sglang, own; did you mean \"sha256_cbor\"?")]
    [InlineData("model: 3", "must be text (in quotes: \"3\"), not the integer 3")]
    [InlineData("model: \"\"", "must not be empty")]
    public void Load_WrongTokenProcessorField_SaysWhatIsRight(string line, string expected)
    {
        var error = OnlyError(Pool, Policy(line));

        Assert.Contains(expected, error.What, StringComparison.Ordinal);
        Assert.StartsWith("spec.profile.single.trafficPolicy.prefixCache.trackingConfig.indexerConfig.tokenProcessorConfig.", error.Field, StringComparison.Ordinal);
        Assert.Equal(27, error.Line);
    }

    [Theory]
    [InlineData("mode: tracking", "mode: Tracking", "\"Tracking\" is none of tracking, estimate; did you mean \"tracking\"?")]
    [InlineData("mode: tracking", "mode: precise", "\"precise\" is none of tracking, estimate")]
    [InlineData("mode: tracking", "", "missing; write tracking")]
    [InlineData("poolRef:", "poolref:", "did you mean \"poolRef\"?")]
    [InlineData("    name: qwen", "    name: qwen\n    kind: Service", "\"Service\" is none of InferencePool")]
    [InlineData("  profile:", "  profle:", "did you mean \"profile\"?")]
    [InlineData("v1alpha1", "v1beta1", "not known for InferenceTrafficPolicy; write inferenceextension.alibabacloud.com/v1alpha1")]
    [InlineData("  name: policy", "  name: policy\n  lables: {}", "did you mean \"labels\"?")]
    [InlineData("  name: policy", "  labels: {}", "missing; every document needs a name")]
    [InlineData("  name: policy", "  name: policy\n  labels: { v: 1 }", "must be text (in quotes: \"1\"), not the integer 1")]
    [InlineData("        prefixCache:", "        weights: { prefix: -1 }\n        prefixCache:", "must be a number, at least 0, not the integer -1")]
    [InlineData("        prefixCache:", "        trust: { staleFactor: 1.5 }\n        prefixCache:", "must be a number from 0 to 1")]
    [InlineData("        prefixCache:", "        tierWeights: { cpu: 1.5 }\n        prefixCache:", "tierWeights.cpu: must be a number from 0 to 1")]
    [InlineData("        prefixCache:", "        tierWeights: { disk: -0.1 }\n        prefixCache:", "tierWeights.disk: must be a number from 0 to 1")]
    [InlineData("        prefixCache:", "        tierWeights: { gpu: all }\n        prefixCache:", "tierWeights.gpu: must be a number from 0 to 1")]
    [InlineData("        prefixCache:", "        tierWeights: { dsk: 1 }\n        prefixCache:", "did you mean \"disk\"?")]
    [InlineData("        prefixCache:", "        dataParallel: { ranks: 0 }\n        prefixCache:", "dataParallel.ranks: must be an integer from 1 to 256")]
    [InlineData("        prefixCache:", "        dataParallel: { selectedBy: client }\n        prefixCache:", "\"client\" is none of router, engine")]
    [InlineData("        prefixCache:", "        weights: { prefx: 1 }\n        prefixCache:", "did you mean \"prefix\"?")]
    [InlineData("        prefixCache:", "        weights: { prefix: .nan }\n        prefixCache:", "must be a number")]
    [InlineData("        prefixCache:", "        admission: { maxQueueDepth: 0 }\n        prefixCache:", "must be an integer, at least 1")]
    public void Load_WrongPolicy_SaysWhatIsRight(string part, string replacement, string expected)
    {
        var errors = Load(Pool, Policy("blockSize: 64").Replace(part, replacement, StringComparison.Ordinal)).Errors;

        Assert.Contains(errors, error => error.ToString().Contains(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("number: 8000", "number: \"8000\"", "spec.targetPorts[0].number")]
    [InlineData("number: 8000", "number: 70000", "spec.targetPorts[0].number")]
    [InlineData("number: 8000", "port: 8000", "spec.targetPorts[0].number")]
    [InlineData("    - number: 8000", "    - 8000", "spec.targetPorts[0]")]
    [InlineData("  targetPorts:\n    - number: 8000", "  targetPorts: []", "spec.targetPorts")]
    [InlineData("  targetPorts:\n    - number: 8000", "", "spec.targetPorts")]
    [InlineData("    - number: 8000", "    - number: 8000\n    - number: 8000", "spec.targetPorts")]
    [InlineData("matchLabels:", "matchlabels:", "spec.selector.matchlabels")]
    [InlineData("      app: qwen3", "      app: true", "spec.selector.matchLabels.app")]
    [InlineData("  targetPorts:", "  targetPortNumber: 8000\n  targetPorts:", "spec.targetPortNumber")]
    [InlineData("  selector:", "  appProtocol: grpc\n  selector:", "spec.appProtocol")]
    [InlineData("  selector:", "  endpointPickerRef: { name: epp, port: { nummer: 9002 } }\n  selector:", "spec.endpointPickerRef.port.nummer")]
    public void Load_WrongPool_NamesTheField(string part, string replacement, string field) =>
        Assert.Contains(Load(Pool.Replace(part, replacement, StringComparison.Ordinal)).Errors, error => error.Field == field);

    [Theory]
    [InlineData("127.0.0.300", "\"127.0.0.300\" is no IP address")]
    [InlineData("127.0.1", "is no IP address")]
    [InlineData("pod-1", "is no IP address")]
    [InlineData("17", "must be text")]
    public void Load_WrongPodIp_IsAnError(string ip, string expected) =>
        Assert.Contains(expected, OnlyError(Pool, Pod("a", ip)).What, StringComparison.Ordinal);

    [Fact]
    public void Load_UnquotedReadyStatus_TellsToQuoteIt() =>
        Assert.Contains("in quotes: \"True\"", OnlyError(Pool, Pod("a", "10.0.0.1", ready: "True")).What, StringComparison.Ordinal);

    [Fact]
    public void Load_PodFieldInWrongCase_IsAnError() =>
        Assert.Contains("did you mean \"podIP\"?", OnlyError(Pool, Pod("a", "10.0.0.1").Replace("podIP", "podIp", StringComparison.Ordinal)).What, StringComparison.Ordinal);

    [Fact]
    public void Load_SeveralErrors_AreAllReported()
    {
        var result = Load(Pool.Replace("8000", "0", StringComparison.Ordinal), Policy("blocksize: 1", "hashAlgorithm: md5"), Pod("a", "nowhere"));

        Assert.Equal(4, result.Errors.Count);
    }

    [Fact]
    public void Load_TwoPoliciesForOnePool_NamesBoth()
    {
        var error = OnlyError(Pool, Policy("blockSize: 16"), Policy("blockSize: 64").Replace("name: policy", "name: second", StringComparison.Ordinal));

        Assert.Contains("default/second", error.Document, StringComparison.Ordinal);
        Assert.Contains($"document 2 (InferenceTrafficPolicy default/policy) at {_folder["r.yaml"]}:12", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SameDocumentInTwoFiles_NamesBothPlaces()
    {
        var result = ResourceFiles.Load([_folder.Write("a.yaml", Pool), _folder.Write("b.yaml", "# again\n" + Pool)]);

        var error = Assert.Single(result.Errors);
        Assert.Equal(_folder["b.yaml"], error.File);
        Assert.Contains($"{_folder["a.yaml"]}:1", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TwoPodsWithOneAddress_IsAnError() =>
        Assert.Contains("default/a", OnlyError(Pool, Pod("a", "10.0.0.1"), Pod("b", "10.0.0.1")).What, StringComparison.Ordinal);

    [Fact]
    public void Load_EndedPodWithTheAddressOfALivingOne_IsNoEndpoint()
    {
        var result = Load(Pool, Pod("a", "10.0.0.1") + "\n  phase: Succeeded", Pod("b", "10.0.0.1"));

        Assert.Equal("b", Assert.Single(result.Snapshot!.Pools[0].Endpoints).Name);
    }

    [Fact]
    public void Load_PolicyWithoutPool_Warns()
    {
        var result = Load(Pool.Replace("name: qwen", "name: qwen3", StringComparison.Ordinal), Policy("blockSize: 64"));

        Assert.NotNull(result.Snapshot);
        Assert.Contains("did you mean \"qwen3\"?", Assert.Single(result.Warnings).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_MisspeltKind_WarnsWithTheNearestName() =>
        Assert.Contains(Load(Pool.Replace("InferencePool", "InferencePol", StringComparison.Ordinal)).Warnings, warning => warning.What.Contains("did you mean \"InferencePool\"?", StringComparison.Ordinal));

    [Theory]
    [InlineData("a: [1", "not valid YAML")]
    [InlineData("a: 1\na: 2", "not valid YAML")]
    [InlineData("- 1", "a document must be a mapping, not a list")]
    [InlineData("just words", "a document must be a mapping, not the text \"just words\"")]
    [InlineData("kind: Pod", "missing; for example v1")]
    [InlineData("apiVersion: v1", "missing; for example InferencePool")]
    [InlineData("apiVersion: v1\nkind: Pod", "missing; a name is needed")]
    [InlineData("apiVersion: v1\nkind: List\nitems: [1]", "must be a mapping, not the integer 1")]
    [InlineData("&a\napiVersion: v1\nkind: List\nitems: [*a]", "a list")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: { name: a }\n[x]: 1", "")]
    public void Load_NoManifest_SaysWhy(string text, string expected) =>
        Assert.Contains(Load(text).Errors, error => error.ToString().Contains(expected, StringComparison.Ordinal));

    [Fact]
    public void Load_MissingPath_IsAnError() =>
        Assert.Contains("cannot be read", Assert.Single(ResourceFiles.Load([_folder["absent.yaml"]]).Errors).ToString(), StringComparison.Ordinal);

    [Fact]
    public void Load_NotUtf8_IsAnError()
    {
        File.WriteAllBytes(_folder["latin1.yaml"], [0x61, 0x3A, 0x20, 0xE4, 0x0A]);

        Assert.Contains("not UTF-8", Assert.Single(ResourceFiles.Load([_folder["latin1.yaml"]]).Errors).What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public void Load_NestedTenThousandDeep_IsAnError(string level) =>
        Assert.Contains("not valid YAML", Assert.Single(Load(string.Concat(Enumerable.Repeat(level, 10_000))).Errors).What, StringComparison.Ordinal);

    /// <summary>Any text is answered with errors or a snapshot, never an exception.</summary>
    [Fact]
    public void Load_MutatedDocuments_NeverThrows()
    {
        var random = new Random(7);
        var whole = Join(Pool, Policy("blockSize: 64", "hashSeed: 42"), Pod("a", "10.0.0.1"));
        const string Bites = "{}[]:,&*!|>'\"%@`#?- \n\t~\0\u00e4\u2028\\";
        for (var round = 0; round < 600; round++)
        {
            var text = whole.ToCharArray().ToList();
            for (var edits = random.Next(1, 5); edits > 0; edits--)
            {
                var at = random.Next(text.Count);
                if (random.Next(3) == 0) text.RemoveAt(at);
                else text.Insert(at, Bites[random.Next(Bites.Length)]);
            }

            var result = Load(new string([.. text]));
            Assert.Equal(result.Snapshot is null, result.Errors.Count > 0);
        }
    }
}
