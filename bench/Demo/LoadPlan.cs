using System.Text.Json.Nodes;
using OrleansKvRouter.Bench.Processes;

namespace OrleansKvRouter.Bench.Demo;

/// <summary>
/// The load that routing policies are compared on: conversations that grow turn by turn, a few of which share each
/// long system prompt, as agents and assistants do. The same for every policy.
/// </summary>
internal static class LoadPlan
{
    public const int Conversations = 24;
    public const int Turns = 4;
    public const int AtOnce = 8;
    private const int SystemPrompts = 6;
    private const int SystemWords = 600;
    private const int TurnWords = 120;

    /// <summary>The system prompt of a conversation.</summary>
    public static string System(int conversation) => Words(conversation % SystemPrompts, SystemWords);

    /// <summary>What the user says in a turn.</summary>
    public static string User(int conversation, int turn) => Words(1000 + (conversation * Turns) + turn, TurnWords);

    /// <summary>The body of the next request of a conversation.</summary>
    public static byte[] Body(JsonArray messages) => global::System.Text.Encoding.UTF8.GetBytes(new JsonObject
    {
        ["model"] = EngineFleet.Model,
        ["max_tokens"] = 16,
        ["stream"] = true,
        ["stream_options"] = new JsonObject { ["include_usage"] = true },
        ["messages"] = messages.DeepClone(),
    }.ToJsonString());

    private static string Words(int seed, int count)
    {
        var random = new Random(seed);
        return string.Join(' ', Enumerable.Range(0, count).Select(_ => Vocabulary[random.Next(Vocabulary.Length)]));
    }

    private static readonly string[] Vocabulary =
        ("request answer token prefix cache engine router block chain index walk score queue load prompt system user tool result table "
        + "river mountain garden window letter music number signal market garage harbour winter summer copper silver paper bottle "
        + "quick slow bright narrow early simple gentle careful distant ordinary to of and with under between after before without")
        .Split(' ');
}
