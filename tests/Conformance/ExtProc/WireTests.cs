using Google.Protobuf.Reflection;
using OrleansKvRouter.Contracts.ExtProc;
using OrleansKvRouter.Tests.Support;

namespace OrleansKvRouter.Tests.Conformance.ExtProc;

/// <summary>
/// Our messages against tests/oracles/ext_proc_wire.txt: what Envoy's own API definitions (data-plane API of January
/// 2026) say, one line a field or enum value: message, name, number, type. Wrong numbers could not be seen otherwise:
/// both ends of every other test are generated from our files.
/// </summary>
public sealed class WireTests
{
    [Fact]
    public void Contracts_EveryFieldAndValue_IsEnvoys()
    {
        var envoys = File.ReadAllLines(Path.Combine(Repository.Oracles, "ext_proc_wire.txt"));

        var ours = new[] { ExternalProcessorReflection.Descriptor, BaseReflection.Descriptor, ProcessingModeReflection.Descriptor, HttpStatusReflection.Descriptor }
            .SelectMany(file => file.MessageTypes).SelectMany(Describe)
            .Select(line => line.Replace("BodyMutation drop_body", "BodyMutation clear_body", StringComparison.Ordinal));

        Assert.Equal(envoys.Order(StringComparer.Ordinal), ours.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void StatusCode_EveryName_IsItsHttpStatus()
    {
        Assert.Equal(
            ["BadRequest=400", "Empty=0", "InternalServerError=500", "NotFound=404", "OK=200", "PayloadTooLarge=413", "ServiceUnavailable=503", "TooManyRequests=429"],
            HttpStatusReflection.Descriptor.EnumTypes.Single().Values.Select(v => $"{v.Name}={v.Number}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Service_Method_IsEnvoys()
    {
        var service = ExternalProcessorReflection.Descriptor.Services.Single();
        var method = service.Methods.Single();

        Assert.Equal(("envoy.service.ext_proc.v3.ExternalProcessor", "Process"), (service.FullName, method.Name));
        Assert.True(method is { IsClientStreaming: true, IsServerStreaming: true });
    }

    private static IEnumerable<string> Describe(MessageDescriptor message) =>
    [
        .. message.Fields.InDeclarationOrder().Select(f => $"{message.FullName} {f.Name} {f.FieldNumber} {TypeOf(f)}"),
        .. message.EnumTypes.SelectMany(e => e.Values.Select(v => $"{e.FullName} {v.Name} {v.Number}")),
    ];

    private static string TypeOf(FieldDescriptor field) =>
        field.IsMap ? $"map<{TypeOf(field.MessageType.Fields[1])},{TypeOf(field.MessageType.Fields[2])}>"
        : field.IsRepeated ? $"repeated {NameOf(field)}"
        : NameOf(field);

    private static string NameOf(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message => field.MessageType.Name,
        FieldType.Enum => field.EnumType.Name,
        var scalar => scalar.ToString().ToLowerInvariant(),
    };
}
