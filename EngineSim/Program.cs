using OrleansKvRouter.EngineSim.Cli;

return await SimCommand.Create().Parse(args).InvokeAsync();
