using System.Text;
using System.Text.Json.Nodes;
using OrleansKvRouter.Bench.Processes;

namespace OrleansKvRouter.Bench.Demo;

/// <summary>What the demo asks: a conversation of two rounds, and chats that have nothing to do with it between them.</summary>
internal static class DemoRequests
{
    public static IReadOnlyList<(string Name, byte[] Body)> All =>
    [
        ("round 1", Embedded("demo-round1.json")),
        ("other 1", Chat("Explain in a few sentences how a steam engine turns heat into motion, and why the condenser that Watt added made it so much better than Newcomen's. "
            + "Then compare both with a modern turbine: what is the same, what has changed, and how does the efficiency of each come about?")),
        ("other 2", Chat("Schreibe ein kurzes Gedicht über den Herbst am Meer: graue Wellen, Möwen, ein einsamer Leuchtturm, der Geruch von Tang und Regen. "
            + "Es soll sich reimen, vier Strophen haben und ohne das Wort Sehnsucht auskommen.")),
        ("round 2", Embedded("demo-round2.json")),
        ("other 3", Chat("请用简单的语言解释什么是前缀缓存,以及为什么在多轮对话中它能显著减少首个词元的延迟。请举一个包含三轮对话的例子,并说明每一轮有多少内容可以复用。")),
        ("other 1, again", Chat("Explain in a few sentences how a steam engine turns heat into motion, and why the condenser that Watt added made it so much better than Newcomen's. "
            + "Then compare both with a modern turbine: what is the same, what has changed, and how does the efficiency of each come about?")),
    ];

    private static byte[] Chat(string text) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["model"] = EngineFleet.Model,
        ["max_tokens"] = 16,
        ["stream"] = true,
        ["stream_options"] = new JsonObject { ["include_usage"] = true },
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = text }),
    }.ToJsonString());

    private static byte[] Embedded(string name)
    {
        using var stream = typeof(DemoRequests).Assembly.GetManifestResourceStream(name)!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
