using OrleansKvRouter.Tests.Budgets.Running;

namespace OrleansKvRouter.Tests.Budgets;

/// <summary>No hot path allocates more than the budget that stands beside its benchmark.</summary>
public sealed class AllocationBudgetTests(BudgetRun run) : IClassFixture<BudgetRun>
{
    public static TheoryData<string> Names { get; } = [.. BudgetRun.Cases.Select(budgeted => budgeted.ToString())];

    [Theory]
    [MemberData(nameof(Names))]
    public void Operation_Warm_AllocatesWithinItsBudget(string name)
    {
        var budgeted = BudgetRun.Cases.Single(budgeted => budgeted.ToString() == name);

        var allocated = run.Measure(budgeted);

        Assert.True(BudgetRun.Keeps(budgeted, allocated), $"{name} allocates {allocated} bytes an operation; its budget is {budgeted.Budget}");
    }
}
