using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Parameters;

namespace OrleansKvRouter.Tests.Budgets.Running;

/// <summary>One benchmark with one choice of parameters.</summary>
/// <param name="Type">Its class.</param>
/// <param name="Method">The benchmark.</param>
/// <param name="Parameters">The parameters' values.</param>
public sealed record BudgetCase(Type Type, MethodInfo Method, ParameterInstances Parameters)
{
    /// <summary>Bytes an operation.</summary>
    public long Budget { get; } = BudgetOf(Type, Method, Parameters);

    public override string ToString() => $"{Type.Name}.{Method.Name}{Parameters.DisplayInfo}";

    private static long BudgetOf(Type type, MethodInfo method, ParameterInstances parameters)
    {
        var budget = method.GetCustomAttribute<AllocationBudgetAttribute>()
            ?? throw new InvalidOperationException($"{type.Name}.{method.Name} is a benchmark without a budget: give it [AllocationBudget]");
        return budget.Of is null ? budget.Bytes : budget.Bytes + (budget.Each * Convert.ToInt64(parameters[budget.Of], CultureInfo.InvariantCulture));
    }
}
