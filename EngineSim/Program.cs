using System.CommandLine;
using OrleansKvRouter.EngineSim.Cli;

// No time limit of System.CommandLine's own: the command itself listens for signals and stops in order.
return await SimCommand.Create().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
