// Each test has processes, engines on well-known loopback addresses and two cores to itself.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
