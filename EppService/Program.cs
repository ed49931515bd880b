using System.CommandLine;
using OrleansKvRouter.EppService.CommandLine;

var root = new RootCommand("OrleansKvRouter: a precise prefix-cache-aware router for LLM inference")
{
    ServeCommand.Create(),
    ExplainCommand.Create(),
};

// Signals are serve's own business: the parser's handling would end the process in the middle of a drain.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
