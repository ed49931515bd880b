namespace OrleansKvRouter.Tokenization.Jinja.Values;

/// <summary>
/// Jinja's default undefined: prints as nothing, is false, iterates as empty; every other use raises <see cref="Error"/>.
/// </summary>
internal sealed class Undefined
{
    /// <summary>Marks a slot that nothing was assigned to; never seen by a template.</summary>
    public static readonly object Missing = new();

    private readonly string? _hint;
    private readonly object? _owner = Missing;
    private readonly object? _name;

    private Undefined(string? hint, object? owner, object? name) => (_hint, _owner, _name) = (hint, owner, name);

    public static Undefined Variable(string name) => new(null, Missing, name);

    public static Undefined Member(object? owner, object? name) => new(null, owner, name);

    public static Undefined Because(string hint) => new(hint, Missing, null);

    /// <summary>An attribute that the sandbox keeps from templates: what would change a value, and Python's internals.</summary>
    public static Undefined Unsafe(object? owner, string name) =>
        new($"access to attribute '{name}' of '{TypeName.Of(owner)}' object is unsafe", owner, name);

    public TemplateException Error()
    {
        if (_hint is not null) return new TemplateException(_hint);
        if (ReferenceEquals(_owner, Missing)) return new TemplateException($"'{_name}' is undefined");
        var owner = _owner is null ? "None" : $"{TypeName.Of(_owner)} object";
        return new TemplateException(_name is string ? $"'{owner}' has no attribute '{_name}'" : $"{owner} has no element {Text.Repr(_name)}");
    }
}

/// <summary>Python's names of the types.</summary>
internal static class TypeName
{
    public static string Of(object? value) => value switch
    {
        null => "NoneType",
        bool => "bool",
        long or System.Numerics.BigInteger => "int",
        double => "float",
        string => "str",
        Markup => "Markup",
        PyList => "list",
        PyTuple => "tuple",
        PyDict => "dict",
        DictView view => view.TypeName,
        PyRange => "range",
        Undefined => "Undefined",
        Namespace => "Namespace",
        Loop => "LoopContext",
        Macro => "Macro",
        Callable => "builtin_function_or_method",
        _ => "generator",
    };
}
