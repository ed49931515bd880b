namespace OrleansKvRouter.EppService.Routing;

/// <summary>Names that clients send, as they are logged, kept and sent back: a name may be as long as a body, and hold anything.</summary>
internal static class Shown
{
    public const int MaxLength = 256;

    /// <summary>The name itself, if it is short and printable, which it nearly always is.</summary>
    public static string Of(string name)
    {
        if (name.Length <= MaxLength && !name.Any(char.IsControl)) return name;
        var kept = name.Length <= MaxLength ? name : $"{name.AsSpan(0, MaxLength)}…";
        return string.Create(kept.Length, kept, static (text, source) =>
        {
            for (var i = 0; i < text.Length; i++) text[i] = char.IsControl(source[i]) ? '?' : source[i];
        });
    }
}
