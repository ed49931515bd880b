using System.CommandLine;
using OrleansKvRouter.Bench.Demo;
using OrleansKvRouter.Bench.Route;

var root = new RootCommand("OrleansKvRouter's demo and benchmarks")
{
    DemoCommand.Create(),
    new Command("bench", "Benchmarks; figures are this machine's") { RouteCommand.Create() },
};
return await root.Parse(args).InvokeAsync();
