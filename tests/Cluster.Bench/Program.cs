using System.CommandLine;
using OrleansKvRouter.Tests.Cluster.Bench;

// Silos with the router's grains and nothing else, each in a process of its own; this one is among them, and measures.
var json = new Option<bool>("--json") { Description = "One JSON object a result instead of lines" };
var seconds = new Option<double>("--seconds") { Description = "How long each row is measured", DefaultValueFactory = _ => 5 };
var silos = new Option<int[]>("--silos") { Description = "How many silos there are; a row each", DefaultValueFactory = _ => [1, 2, 3], AllowMultipleArgumentsPerToken = true };
var inFlight = new Option<int[]>("--in-flight") { Description = "Walks at any time; a row each", DefaultValueFactory = _ => [1, 2, 4, 16], AllowMultipleArgumentsPerToken = true };
var walks = new Command("walks", "Walks of 1,000 keys over silos in processes of their own, and blocks written into them, as a silo itself does both") { silos, inFlight, seconds, json };
walks.SetAction(line => WalksCommand.RunAsync(line.GetValue(silos)!, line.GetValue(inFlight)!, TimeSpan.FromSeconds(line.GetValue(seconds)), line.GetValue(json)));

var silo = new Option<int>("--silo") { Required = true };
var primary = new Option<int>("--primary") { Required = true };
var host = new Command("host", "Another silo, until its standard input ends") { silo, primary };
host.Hidden = true;
host.SetAction(line => OtherSilo.RunAsync(line.GetValue(silo), line.GetValue(primary)));

return await new RootCommand("The cluster's grains, measured") { walks, host }.Parse(args).InvokeAsync();
