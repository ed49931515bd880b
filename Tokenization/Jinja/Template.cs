using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization.Jinja.Library;
using OrleansKvRouter.Tokenization.Jinja.Nodes;
using OrleansKvRouter.Tokenization.Jinja.Syntax;
using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja;

/// <summary>
/// A Jinja template, with the semantics of Jinja2 3.1 in the environment that Hugging Face's transformers set up:
/// sandboxed and immutable, <c>trim_blocks</c>, <c>lstrip_blocks</c>, loop controls, <c>tojson</c> without HTML
/// escapes. Compiled once into a tree whose variables are slots; any number of threads may render it at once.
/// </summary>
internal sealed class Template
{
    private readonly Statement[] _body;
    private readonly int _slots;
    private readonly IReadOnlyDictionary<string, int> _names;
    private readonly object?[] _globals;

    private Template(string source, Statement[] body, Scope root)
    {
        (Source, _body, _slots, _names) = (source, body, root.Frame.Slots, root.Globals.Numbers);
        _globals = new object?[_names.Count];
        foreach (var (name, number) in _names) _globals[number] = Globals.All.GetValueOrDefault(name, Undefined.Missing);
    }

    public string Source { get; }

    /// <summary>All parts of the template.</summary>
    public IEnumerable<Node> Nodes => _body.SelectMany(statement => statement.Descendants().Prepend(statement));

    /// <summary>Compiles; a fault names what is wrong or not supported, and the line.</summary>
    public static Expected<Template> Parse(string source)
    {
        try
        {
            var body = TemplateParser.Parse(source);
            var root = Scope.Root(new GlobalNames(), Scope.AssignedIn(body));
            foreach (var statement in body) statement.Bind(root);
            return new Template(source, body, root);
        }
        catch (TemplateException e)
        {
            return new Fault($"the template is not valid{At(e.Line)}: {e.Message}");
        }
    }

    /// <summary>Renders; a fault where the template raises, misuses a value, or exceeds a bound.</summary>
    /// <param name="variables">Its variables, in the model of <see cref="Values"/>; what the template does not use is ignored.</param>
    /// <param name="clock">What <c>strftime_now</c> reads.</param>
    public Expected<string> Render(IEnumerable<KeyValuePair<string, object?>> variables, TimeProvider clock)
    {
        var globals = (object?[])_globals.Clone();
        foreach (var (name, value) in variables)
        {
            if (_names.TryGetValue(name, out var number)) globals[number] = value;
        }

        using var rendering = new Rendering(globals, clock);
        try
        {
            var frame = new Frame(rendering, null, _slots);
            foreach (var statement in _body) statement.Run(frame);
            return rendering.Output.ToString();
        }
        catch (TemplateException e)
        {
            return new Fault($"the chat template fails{At(e.Line > 0 ? e.Line : rendering.Line)}: {e.Message}");
        }
    }

    private static string At(int line) => line > 0 ? $" at line {line}" : "";
}
