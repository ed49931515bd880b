using System.CommandLine;
using OrleansKvRouter.EppService.CommandLine;

var root = new RootCommand("OrleansKvRouter: a precise prefix-cache-aware router for LLM inference")
{
    ServeCommand.Create(),
    ExplainCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
