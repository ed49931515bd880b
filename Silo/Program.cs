using System.CommandLine;
using OrleansKvRouter.EppService.CommandLine;
using OrleansKvRouter.Silo.CommandLine;

var root = new RootCommand("OrleansKvRouter in a cluster: silos that share one index") { SiloCommand.Create() };

// Signals are the silo's own business: the parser's handling would end the process in the middle of a drain.
var line = root.Parse(args);
var status = await line.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
return line.Errors.Count > 0 ? ExitStatus.BadInput : status;
