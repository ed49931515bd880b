using System.Text.Json;
using OrleansKvRouter.Tokenization.Jinja;
using OrleansKvRouter.Tokenization.Templates;

namespace OrleansKvRouter.Tests.Tokenization.Jinja;

public sealed class TemplateTests(JinjaOracle oracle) : IClassFixture<JinjaOracle>
{
    private const string Variables = """
        {
          "name": "World", "empty": "", "n": 42, "f": 1.5, "big": 123456789012345678901234567890, "neg": -7, "yes": true, "no": false, "nil": null,
          "text": "  Hello, World!  ", "html": "<a href=\"x\">&'</a>", "lines": "one\ntwo\r\n\nthree", "emoji": "a👋b😀c", "umlaut": "Äpfel öl straße",
          "list": [3, 1, 2], "words": ["banana", "Apple", "cherry"], "nested": [[1, 2], [3, [4]]], "nothing": [],
          "mixed": [1, 1.0, true, "x", null, [1], {"a": 1}],
          "user": {"name": "Ann", "age": 30, "items": "mine", "tags": ["x", "y"], "address": {"city": "Rome"}},
          "users": [{"name": "Bob", "age": 25, "admin": true}, {"name": "ann", "age": 30, "admin": false}, {"name": "Cy", "age": 25}],
          "floats": [0.1, 1e16, 1e15, 1.0, -0.0, 1e-5, 0.0001, 123456.789, 1e300, 5e-324, 2.5],
          "keys": {"b": 1, "A": 2, "c": 0},
          "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": {"x": [1, 2.0, "é"]}}}]}]
        }
        """;

    [Fact]
    public async Task Render_Snippets_EqualJinja2()
    {
        using var variables = JsonDocument.Parse(Variables);
        string[] templates = [.. Snippets.All, .. MoreSnippets.All];
        var answers = await oracle.RenderAllAsync([.. templates.Select(template => (object)new { template, variables = variables.RootElement })]);

        var differences = new List<string>();
        foreach (var (template, (expected, error)) in templates.Zip(answers))
        {
            var rendered = Render(template, variables.RootElement);
            if (rendered.Value != expected) differences.Add($"{template}\n  Jinja2: {expected ?? error}\n  here:   {rendered.Value ?? rendered.Fault!.What}");
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
        Assert.True(templates.Length > 200);
    }

    [Theory]
    [InlineData("a\n{% include 'x' %}", 2, "include")]
    [InlineData("{% if x %}\n\n{% foo %}", 3, "foo")]
    [InlineData("{{ 1 | nosuch }}", 1, "nosuch")]
    [InlineData("{{ 1 }}\n{% if x is nosuch %}{% endif %}", 2, "nosuch")]
    [InlineData("{% block b %}{% endblock %}", 1, "block")]
    [InlineData("\n\n{{ 'abc }}", 3, "string")]
    public void Parse_NotSupported_FaultNamesItAndTheLine(string source, int line, string named)
    {
        var fault = Template.Parse(source).Fault;

        Assert.NotNull(fault);
        Assert.Contains($"line {line}", fault.What, StringComparison.Ordinal);
        Assert.Contains(named, fault.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", "steps")]
    [InlineData("{% set ns = namespace(s='0123456789') %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}", "longer than")]
    [InlineData("{% for i in range(100000) %}{{ 'x' * 10000 }}{% endfor %}", "longer than")]
    [InlineData("{{ 'x' * 99999999999 }}", "longer than")]
    [InlineData("{{ 10 ** 10000000 }}", "too large")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "deeply")]
    [InlineData("{% set ns = namespace(x=[]) %}{% for i in range(50000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}", "deeply")]
    [InlineData("{% for x in [1] recursive %}{{ loop([x]) }}{% endfor %}", "deeply")]
    [InlineData("{{ range(1000000) }}", "range")]
    public void Render_BoundExceeded_FaultSaysWhich(string source, string named)
    {
        var fault = Render(source, default).Fault;

        Assert.NotNull(fault);
        Assert.Contains(named, fault.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_NestedDeeply_Fault()
    {
        Assert.NotNull(Template.Parse("{{ " + new string('(', 100_000) + "1").Fault);
        Assert.NotNull(Template.Parse("{{ " + string.Concat(Enumerable.Repeat("not ", 100_000)) + "1 }}").Fault);
        Assert.NotNull(Template.Parse("{{ 1" + string.Concat(Enumerable.Repeat("|string", 10_000)) + " }}").Fault);
        Assert.NotNull(Template.Parse(string.Concat(Enumerable.Repeat("{% if x %}", 10_000))).Fault);
    }

    [Fact]
    public void Render_RaiseException_FaultCarriesTheMessageAndLine()
    {
        var fault = Render("\n{{ raise_exception('roles must alternate') }}", default).Fault;

        Assert.Equal("the chat template fails at line 2: roles must alternate", fault!.What);
    }

    [Theory]
    [InlineData("%Y-%m-%d")]
    [InlineData("%d %b %Y, %H:%M:%S %A %B %j %% %y %I %p %e %F %T")]
    public async Task StrftimeNow_Directives_EqualPython(string format)
    {
        var template = $"{{{{ strftime_now('{format}') }}}}";
        var answers = await oracle.RenderAllAsync([new { template, variables = new { } }]);

        var clock = new FixedClock(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));
        Assert.True(Template.Parse(template).Try(out var parsed, out _));
        Assert.Equal(answers[0].Text, parsed.Render([], clock).Value);
    }

    private static Contracts.Expected<string> Render(string source, JsonElement variables)
    {
        if (!Template.Parse(source).Try(out var template, out var fault)) return fault;
        return template.Render(variables.ValueKind == JsonValueKind.Object
            ? variables.EnumerateObject().Select(v => KeyValuePair.Create(v.Name, JsonValues.Of(v.Value)))
            : [], TimeProvider.System);
    }

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => now;
    }
}
