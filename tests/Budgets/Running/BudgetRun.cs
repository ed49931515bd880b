using System.Reflection;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace OrleansKvRouter.Tests.Budgets.Running;

/// <summary>
/// Runs benchmarks for what they allocate: in this process, one iteration each once they are warm, since bytes, unlike times, need no
/// statistics. What BenchmarkDotNet writes goes to a folder that is gone afterwards.
/// </summary>
public sealed class BudgetRun : IDisposable
{
    /// <summary>
    /// How often an operation may try. An iteration can be out of luck: what the test runner's threads allocate counts too, the runtime's
    /// own tables grow on whichever thread fills them, a collection empties the array pools, and code that is not yet compiled for speed allocates what
    /// that code does not. What the code itself allocates shows every time.
    /// </summary>
    private const int Tries = 8;

    /// <summary>
    /// Operations an iteration: so many that the few KB which the runner itself allocates in one come to less than the smallest object an
    /// operation.
    /// </summary>
    private const int Operations = 512;

    /// <summary>Bytes of the smallest object. Less than that above the budget is nothing that every operation allocates.</summary>
    private const int SmallestObject = 24;

    private readonly string _artifacts = Directory.CreateTempSubdirectory("kvrouter-budgets-").FullName;
    private readonly AccumulationLogger _log = new();
    private readonly ManualConfig _config;

    public BudgetRun()
    {
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance)
            .WithLaunchCount(1).WithWarmupCount(1).WithIterationCount(1).WithInvocationCount(Operations).WithUnrollFactor(16)
            // A collection before each iteration would empty the array pools.
            .WithGcForce(false).WithEvaluateOverhead(false);
        _config = ManualConfig.CreateEmpty().AddJob(job).AddDiagnoser(MemoryDiagnoser.Default).AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(_log).WithArtifactsPath(_artifacts).WithOptions(ConfigOptions.DisableLogFile);
    }

    /// <summary>Every benchmark of this assembly that has a budget, once for each of its parameters' values.</summary>
    public static IEnumerable<BudgetCase> Cases { get; } =
        [.. typeof(BudgetRun).Assembly.GetTypes()
            .Where(type => type.GetMethods().Any(method => method.IsDefined(typeof(AllocationBudgetAttribute))))
            .OrderBy(type => type.FullName, StringComparer.Ordinal)
            .SelectMany(type => BenchmarkConverter.TypeToBenchmarks(type).BenchmarksCases)
            .Select(found => new BudgetCase(found.Descriptor.Type, found.Descriptor.WorkloadMethod, found.Parameters))];

    /// <summary>The least bytes that an operation allocated, of a few tries; the first that keeps within the budget ends them.</summary>
    public long Measure(BudgetCase budgeted)
    {
        var least = long.MaxValue;
        for (var i = 0; i < Tries && !Keeps(budgeted, least); i++)
        {
            // The runtime compiles hot code for speed only when nothing new was compiled for a tenth of a second, and each try has new code of its own.
            if (i > 0) Thread.Sleep(150 * i);
            least = Math.Min(least, MeasureOnce(budgeted));
        }

        return least;
    }

    /// <summary>Whether so many bytes an operation keep within the budget.</summary>
    public static bool Keeps(BudgetCase budgeted, long bytes) => bytes - budgeted.Budget < SmallestObject;

    private long MeasureOnce(BudgetCase budgeted)
    {
        var all = BenchmarkConverter.MethodsToBenchmarks(budgeted.Type, [budgeted.Method], _config);
        var one = all.BenchmarksCases.Single(found => found.Parameters.DisplayInfo == budgeted.Parameters.DisplayInfo);
        _log.ClearLog();
        var summary = BenchmarkRunner.Run(new BenchmarkRunInfo([one], budgeted.Type, all.Config));
        // Not GetBytesAllocatedPerOperation: of a runtime that it does not know it takes up to 8 KB an iteration for nothing.
        if (summary[one]?.GcStats is { TotalOperations: > 0 } stats && stats.GetTotalAllocatedBytes(excludeAllocationQuantumSideEffects: false) is { } bytes)
            return bytes / stats.TotalOperations;
        throw new InvalidOperationException($"{budgeted} could not be measured:\n{_log.GetLog()}");
    }

    public void Dispose() => Directory.Delete(_artifacts, recursive: true);
}
