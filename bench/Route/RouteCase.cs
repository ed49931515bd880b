using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace OrleansKvRouter.Bench.Route;

/// <summary>One row of the route benchmark.</summary>
/// <param name="BodyBytes">About how many bytes of text a chat has.</param>
/// <param name="Warm">Whether engines hold the prompts' prefixes.</param>
/// <param name="InFlight">ext_proc streams open at once.</param>
internal sealed record RouteCase(int BodyBytes, bool Warm, int InFlight)
{
    /// <summary>Different warm prompts; enough that no one engine has all, few enough to warm up quickly.</summary>
    public const int WarmPrompts = 16;

    private static readonly int[] Sizes = [2 * 1024, 32 * 1024];
    private static readonly bool[] Prefixes = [true, false];
    private static readonly int[] Concurrencies = [1, 32];

    public static IEnumerable<RouteCase> All =>
        from bytes in Sizes
        from warm in Prefixes
        from inFlight in Concurrencies
        select new RouteCase(bytes, warm, inFlight);

    public string Name => $"{BodyBytes / 1024} KB, {(Warm ? "warm" : "cold")}, {InFlight} in flight";

    /// <summary>
    /// The body of request <paramref name="number"/>. A cold one begins with a number that no other has, so that no block of
    /// it is held anywhere; everything after that differs as well.
    /// </summary>
    public byte[] Body(int number)
    {
        var prompt = Warm ? number % WarmPrompts : number + 1_000_000;
        var random = new Random(HashCode.Combine(BodyBytes, prompt));
        var text = new StringBuilder(BodyBytes + 32).Append(CultureInfo.InvariantCulture, $"Question {prompt}: ");
        while (text.Length < BodyBytes) text.Append(Words[random.Next(Words.Length)]).Append(random.Next(12) == 0 ? ".\n" : " ");
        return Encoding.UTF8.GetBytes(new JsonObject
        {
            ["model"] = "Qwen3-32B",
            ["max_tokens"] = 1,
            ["stream"] = true,
            ["stream_options"] = new JsonObject { ["include_usage"] = true },
            ["messages"] = new JsonArray(
                new JsonObject { ["role"] = "system", ["content"] = "You are a helpful assistant." },
                new JsonObject { ["role"] = "user", ["content"] = text.ToString() }),
        }.ToJsonString());
    }

    private static readonly string[] Words =
        ("the of and to in is that for it as was with on be by at this from or an are which you not have but had his they were one all we "
        + "can her has there been if more when will would who so no said what up its about into than them only other new some could time "
        + "these two may then do first any my now such like our over man me even most made after also did many before must through years "
        + "where much your way well down should because each just those people how too little state good very make world still own see men "
        + "work long here get both between life being under never day same another know while last might us great old year off come since "
        + "against go came right used take three states himself few house use during without again place American around however home "
        + "tokenizer engine latency throughput prefix attention scheduler endpoint 2024 3.14 naïve façade ’quoted’ (parenthesised) A/B")
        .Split(' ');
}
