using OrleansKvRouter.Tokenization.Jinja.Nodes;
using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja.Library;

internal delegate bool Test(object? value, Arguments arguments);

/// <summary>What may stand behind <c>is</c>.</summary>
internal static class Tests
{
    private static readonly Dictionary<string, Test> All = new()
    {
        ["defined"] = Plain("defined", value => value is not Undefined),
        ["undefined"] = Plain("undefined", value => value is Undefined),
        ["none"] = Plain("none", value => value is null),
        ["boolean"] = Plain("boolean", value => value is bool),
        ["true"] = Plain("true", value => value is true),
        ["false"] = Plain("false", value => value is false),
        ["integer"] = Plain("integer", value => Number.IsInteger(value) && value is not bool),
        ["float"] = Plain("float", value => value is double),
        ["number"] = Plain("number", Number.Is),
        ["string"] = Plain("string", value => value is string or Markup),
        ["mapping"] = Plain("mapping", value => value is PyDict),
        ["sequence"] = Plain("sequence", value => value is ISequence or string or Markup or PyDict or Undefined),
        ["iterable"] = Plain("iterable", Iteration.IsIterable),
        ["callable"] = Plain("callable", value => value is Callable or Loop or Undefined),
        ["escaped"] = Plain("escaped", value => value is Markup),
        ["lower"] = Plain("lower", value => Cased(Text.Str(value), char.IsLower, char.IsUpper)),
        ["upper"] = Plain("upper", value => Cased(Text.Str(value), char.IsUpper, char.IsLower)),
        ["odd"] = Plain("odd", value => Compare.Equal(Operations.Apply(Arithmetic.Modulo, value, 2L), 1L)),
        ["even"] = Plain("even", value => Compare.Equal(Operations.Apply(Arithmetic.Modulo, value, 2L), 0L)),
        ["divisibleby"] = WithOperand("divisibleby", (value, by) => Compare.Equal(Operations.Apply(Arithmetic.Modulo, value, by), 0L)),
        ["sameas"] = WithOperand("sameas", Same),
        ["filter"] = Plain("filter", value => value is string name && Filters.Find(name) is not null),
        ["test"] = Plain("test", value => value is string name && Find(name) is not null),
        ["in"] = WithOperand("in", (value, container) => Compare.Contains(container, value)),
    };

    static Tests()
    {
        (string Op, string[] Names)[] comparisons =
        [
            ("==", ["eq", "equalto"]), ("!=", ["ne"]), (">", ["gt", "greaterthan"]), (">=", ["ge"]), ("<", ["lt", "lessthan"]), ("<=", ["le"]),
        ];
        foreach (var (op, names) in comparisons)
        {
            foreach (var name in names.Append(op)) All[name] = WithOperand(name, (value, other) => ComparisonExpression.Holds(op, value, other));
        }
    }

    public static Test? Find(string name) => All.GetValueOrDefault(name);

    private static Test Plain(string name, Func<object?, bool> body) => (value, arguments) =>
    {
        if (arguments.Positional.Length + arguments.Named.Length > 0) throw new TemplateException($"the test '{name}' takes no arguments");
        return body(value);
    };

    private static Test WithOperand(string name, Func<object?, object?, bool> body) => (value, arguments) =>
    {
        if (arguments.Positional.Length + arguments.Named.Length != 1) throw new TemplateException($"the test '{name}' takes one argument");
        return body(value, arguments.Positional.Length == 1 ? arguments.Positional[0] : arguments.Named[0].Value);
    };

    private static bool Cased(string text, Func<char, bool> wanted, Func<char, bool> refused) => text.Any(wanted) && !text.Any(refused);

    /// <summary>Python's "is": equal values of these types are one object there, or as good as one.</summary>
    private static bool Same(object? value, object? other) =>
        ReferenceEquals(value, other) || (value is bool or long or string && value.GetType() == other?.GetType() && value.Equals(other));
}
