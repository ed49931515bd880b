using System.Globalization;
using OrleansKvRouter.Contracts.Resources;

namespace OrleansKvRouter.EppService.Doctor;

/// <summary>A Ready engine has never been heard.</summary>
internal sealed class NoEventsRule : EndpointRule
{
    protected override Finding? Check(Patient patient)
    {
        if (!patient.IsTracked || !patient.Now.Ready || patient.Now.Cursor >= 0 || patient.Now.Batches > 0) return null;
        return Problem(
            patient,
            "no KV event has ever come from it (an engine that has computed no block yet has none to send)",
            $"start the engine with --kv-events-config '{Config(patient)}'");
    }

    private static string Config(Patient patient)
    {
        var events = patient.Pool.Policy.Events;
        var endpoint = events.Mode == EventsMode.Connect
            ? $"tcp://*:{events.Port.ToString(CultureInfo.InvariantCulture)}"
            : Reachable(patient.Examination.Node.Events);
        return $$"""{"enable_kv_cache_events":true,"publisher":"zmq","endpoint":"{{endpoint}}","topic":"kv@{{patient.Now.Address}}@{{patient.Pool.Policy.TokenProcessor.Model}}"}""";
    }

    /// <summary>The router's own address with its name in place of "every interface".</summary>
    private static string Reachable(string address) => address
        .Replace("://*:", "://ROUTER:", StringComparison.Ordinal)
        .Replace("://0.0.0.0:", "://ROUTER:", StringComparison.Ordinal);
}

/// <summary>Batches of events got lost.</summary>
internal sealed class LostEventsRule : EndpointRule
{
    private const string Flags = "\"replay_endpoint\":\"tcp://*:5558\" in --kv-events-config with eventsConfig.replayPort: 5558 in the policy fetches them again; a larger \"hwm\" there loses fewer";

    protected override Finding? Check(Patient patient) => patient.Now.Lost switch
    {
        0 => null,
        var lost when patient.Before is { } before && lost > before.Lost => Problem(patient, $"{lost} batches of its events are lost for good, and it goes on", Flags),
        var lost => Remark(patient, $"{lost} batches of its events are lost for good, none of them just now", Flags),
    };
}

/// <summary>The engine could not be asked for what it published before the router heard it.</summary>
internal sealed class MissingHistoryRule : EndpointRule
{
    protected override Finding? Check(Patient patient) =>
        patient.Now.Trust.Incomplete
            ? Remark(patient, patient.Now.Trust.Cause, "make eventsConfig.replayPort of the policy the port of the engine's replay_endpoint, and have the router reach it")
            : null;
}
