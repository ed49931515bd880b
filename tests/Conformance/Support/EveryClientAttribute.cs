using System.Reflection;
using Xunit.Sdk;

namespace OrleansKvRouter.Tests.Conformance.Support;

/// <summary>Runs a theory once through every kind of foreign software.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class EveryClientAttribute : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => Enum.GetValues<Via>().Select(via => new object[] { via });
}
