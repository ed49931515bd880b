using System.CommandLine;
using OrleansKvRouter.Bench.Cluster;
using OrleansKvRouter.Bench.Crash;
using OrleansKvRouter.Bench.Decode;
using OrleansKvRouter.Bench.Demo;
using OrleansKvRouter.Bench.Events;
using OrleansKvRouter.Bench.Hash;
using OrleansKvRouter.Bench.Index;
using OrleansKvRouter.Bench.Predict;
using OrleansKvRouter.Bench.Route;
using OrleansKvRouter.Bench.Snapshots;

var root = new RootCommand("OrleansKvRouter's demo and benchmarks")
{
    DemoCommand.Create(),
    new Command("bench", "Benchmarks and proofs; figures are this machine's")
    {
        RouteCommand.Create(), IndexCommand.Create(), HashCommand.Create(), DecodeCommand.Create(), FuzzCommand.Create(), ChaosCommand.Create(), PredictCommand.Create(), CrashCommand.Create(), ClusterCommand.Create(), SnapshotCommand.Create(),
    },
};

// Ctrl-C has engines and a router in another process to end.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
