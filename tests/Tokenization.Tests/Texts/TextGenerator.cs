using System.Text;

namespace OrleansKvRouter.Tests.Tokenization.Texts;

/// <summary>Texts that look like prompts and texts that look like nothing, the same ones for the same seed.</summary>
internal sealed class TextGenerator(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>Kinds of text, each made of its own material.</summary>
    public IReadOnlyList<Func<string>> Kinds =>
    [
        () => Words(Material.English), () => Words(Material.European), () => Words(Material.Cyrillic), () => Words(Material.RightToLeft),
        () => Words(Material.Indic), () => Unspaced(Material.EastAsian), () => Words(Material.Korean), () => Lines(Material.Code),
        () => Unspaced(Material.Emoji), () => Unspaced(Material.Combining), () => Unspaced(Material.WhiteSpace), () => Words(Material.Numbers),
        () => Unspaced(Material.SpecialTokens), () => Unspaced(Material.Contractions), () => Unspaced(Material.Control),
        RandomCodePoints, Assigned, Mixed, Run,
    ];

    /// <summary><paramref name="count"/> texts, all kinds in turn.</summary>
    public IEnumerable<string> Take(int count)
    {
        var kinds = Kinds;
        for (var i = 0; i < count; i++) yield return kinds[i % kinds.Count]();
    }

    private string Words(string[] words) => Join(words, () => Pick([" ", " ", " ", " ", " ", ", ", ". ", "\n", "\n\n", "  ", " (", ") ", "-", "'s ", "\r\n"]));

    private string Unspaced(string[] words) => Join(words, () => _random.Next(6) == 0 ? Pick(Material.WhiteSpace) : "");

    private string Lines(string[] lines) => Join(lines, () => "\n" + new string(Pick([' ', '\t']), _random.Next(9)));

    private string Mixed()
    {
        string[][] all = [Material.English, Material.European, Material.Cyrillic, Material.RightToLeft, Material.Indic, Material.EastAsian, Material.Korean,
            Material.Code, Material.Emoji, Material.Combining, Material.WhiteSpace, Material.Numbers, Material.SpecialTokens, Material.Contractions, Material.Control];
        return Join([.. Enumerable.Range(0, 20).Select(_ => Pick(Pick(all)))], () => "");
    }

    private string RandomCodePoints() => Join([.. Enumerable.Range(0, 20).Select(_ => CodePoint(0x110000))], () => "");

    /// <summary>Code points of the planes that are in use, lone surrogates among them.</summary>
    private string Assigned() => Join([.. Enumerable.Range(0, 30).Select(_ => _random.Next(4) == 0 ? ((char)_random.Next(0x10000)).ToString() : CodePoint(0x20000))], () => "");

    private string CodePoint(int limit)
    {
        int codePoint;
        do codePoint = _random.Next(limit);
        while (!Rune.IsValid(codePoint));
        return new Rune(codePoint).ToString();
    }

    private string Run() => new string(Pick(['a', ' ', '\n', 'é', '中', '0', '!', '\t', '\u0301', '\u00A0', '=']), _random.Next(1, 400)) + Pick(Material.English);

    private string Join(string[] parts, Func<string> between)
    {
        var text = new StringBuilder();
        for (var left = _random.Next(1, 25); left > 0; left--) text.Append(Pick(parts)).Append(between());
        return text.ToString();
    }

    private T Pick<T>(T[] from) => from[_random.Next(from.Length)];
}
