using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using OrleansKvRouter.Tests.Support;
using OrleansKvRouter.Tokenization.Jinja;
using OrleansKvRouter.Tokenization.Templates;

namespace OrleansKvRouter.Tests.Tokenization.Jinja;

/// <summary>Broken templates end in a fault or a text; nothing else comes out, and everything ends.</summary>
public sealed class TemplateFuzzTests
{
    private static readonly string[] Pieces =
    [
        "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", "%}\n", "'", "\"", "\\", "(", ")", "[", "]", "{", "}", "|", ".", ",", ":", "~", "=", "==", "**", "//",
        " if ", " else ", " endif ", " for ", " in ", " endfor ", " set ", " not ", " is ", " and ", "1", "1.5e9", "0x", "_", "raw", "endraw", " ", "\n", "\0", "é", "\ud83d", "messages", "loop",
        "\\u12", "macro m()", "endmacro", "9999999999999999999999", "recursive", "none",
    ];

    [Fact]
    public void Template_Mutated_GivesATextOrAFault()
    {
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Qwen3, "tokenizer_config.json")));
        var original = config.RootElement.GetProperty("chat_template").GetString()!;
        using var messages = JsonDocument.Parse("""[{"role":"user","content":"hi"},{"role":"assistant","content":"<think>x</think>y"}]""");
        KeyValuePair<string, object?>[] variables = [new("messages", JsonValues.Of(messages.RootElement))];

        var mutations = ArbMap.Default.ArbFor<NonEmptyArray<(ushort At, byte Remove, byte Piece)>>();
        Prop.ForAll(mutations, changes =>
        {
            var source = original;
            foreach (var (at, remove, piece) in changes.Get)
            {
                var start = at % source.Length;
                source = source.Remove(start, Math.Min(remove % 8, source.Length - start)).Insert(start, Pieces[piece % Pieces.Length]);
            }

            AssertEnds(source, variables);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));
    }

    [Fact]
    public void Template_OfRandomPieces_GivesATextOrAFault()
    {
        var arbitrary = Gen.Elements(Pieces).ListOf().ToArbitrary();
        Prop.ForAll(arbitrary, pieces => AssertEnds(string.Concat(pieces), [])).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static void AssertEnds(string source, KeyValuePair<string, object?>[] variables)
    {
        if (!Template.Parse(source).Try(out var template, out _)) return;
        var rendered = template.Render(variables, TimeProvider.System);
        Assert.True(rendered.Value is null != rendered.Fault is null);
    }
}
