using System.CommandLine;
using OrleansKvRouter.EppService.CommandLine;

var root = new RootCommand("OrleansKvRouter: a precise prefix-cache-aware router for LLM inference")
{
    ServeCommand.Create(),
    ExplainCommand.Create(),
    DoctorCommand.Create(),
};

// Signals are serve's own business: the parser's handling would end the process in the middle of a drain.
var line = root.Parse(args);
var status = await line.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
return line.Errors.Count > 0 ? ExitStatus.BadInput : status;
