using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace OrleansKvRouter.Tests.EndToEnd;

/// <summary>
/// Conversations as an assistant has them: a few long system prompts shared by many, turns that grow, languages mixed. The
/// texts that Qwen3's template makes of them are written out here by hand, so that no code under test has a part in them.
/// </summary>
internal sealed class ConversationPlan(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>One request: its body, and the text that the model sees.</summary>
    public sealed record Turn(string Path, string Body, string Text);

    /// <summary>All turns of one conversation after the other, in an order in which conversations overlap.</summary>
    public IReadOnlyList<Turn> Conversations(int count)
    {
        string[] systems = [.. Enumerable.Range(0, 5).Select(i => $"Assistant {i}. {Words(260)}")];
        var waiting = Enumerable.Range(0, count).Select(_ => Turns(systems[_random.Next(systems.Length)])).ToList();
        var order = new List<Turn>();
        while (waiting.Count > 0)
        {
            // Only the first few are under way at a time, or everything would be evicted before its next turn.
            var chosen = waiting[_random.Next(Math.Min(6, waiting.Count))];
            order.Add(chosen.Dequeue());
            if (chosen.Count == 0) waiting.Remove(chosen);
        }

        return order;
    }

    private Queue<Turn> Turns(string system)
    {
        var turns = new Queue<Turn>();
        var messages = new JsonArray(Message("system", system));
        var text = new StringBuilder($"<|im_start|>system\n{system}<|im_end|>\n");
        for (var left = 1 + _random.Next(3); left > 0; left--)
        {
            var question = Words(20 + _random.Next(120));
            messages.Add(Message("user", question));
            text.Append(CultureInfo.InvariantCulture, $"<|im_start|>user\n{question}<|im_end|>\n");
            turns.Enqueue(_random.Next(4) == 0 ? Completion(text) : Chat(messages, text));
            var answer = Words(30);
            messages.Add(Message("assistant", answer));
            text.Append(CultureInfo.InvariantCulture, $"<|im_start|>assistant\n{answer}<|im_end|>\n");
        }

        return turns;
    }

    private static Turn Chat(JsonArray messages, StringBuilder text) => new(
        "/v1/chat/completions",
        new JsonObject { ["model"] = "Qwen3-32B", ["messages"] = messages.DeepClone() }.ToJsonString(),
        $"{text}<|im_start|>assistant\n");

    private static Turn Completion(StringBuilder text) => new(
        "/v1/completions",
        new JsonObject { ["model"] = "Qwen/Qwen3-32B", ["prompt"] = text.ToString() }.ToJsonString(),
        text.ToString());

    private static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    private string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => Vocabulary[_random.Next(Vocabulary.Length)]));

    private static readonly string[] Vocabulary =
    [
        "prefix", "cache", "the", "of", "and", "routing", "blocks", "held", "by", "engine", "naïve", "façade", "Über", "größe", "данные", "запрос",
        "前缀", "缓存", "推理", "プレフィックス", "캐시", "👍", "🧪", "x = y + 1;", "\n", "\t", "42", "3.1415", "don't", "I'll", "WE'RE", "…", "“quoted”",
    ];
}
