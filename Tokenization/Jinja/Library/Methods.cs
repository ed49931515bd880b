using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja.Library;

internal delegate object? Method(object owner, Arguments arguments);

/// <summary>The methods of Python's types that the sandbox lets a template call.</summary>
internal static class Methods
{
    private static readonly HashSet<string> ChangesDict = ["clear", "pop", "popitem", "setdefault", "update"];
    private static readonly HashSet<string> ChangesList = ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"];

    private static readonly Dictionary<string, Method> OnDict = new()
    {
        ["keys"] = (owner, a) => View(owner, a, DictView.Part.Keys),
        ["values"] = (owner, a) => View(owner, a, DictView.Part.Values),
        ["items"] = (owner, a) => View(owner, a, DictView.Part.Items),
        ["get"] = (owner, a) => Get((PyDict)owner, a),
        ["copy"] = (owner, a) => a.Positional.Length == 0 ? ((PyDict)owner).Copy() : throw new TemplateException("copy() takes no arguments"),
    };

    private static readonly Dictionary<string, Method> OnSequence = new()
    {
        ["index"] = Index,
        ["count"] = (owner, a) => Number.Box((long)Iteration.Of(owner).Count(item => Compare.Equal(item, a.Bind("count", "value")[0]))),
        ["copy"] = (owner, _) => owner is PyList list ? new PyList([.. list.Items]) : throw new TemplateException($"'{TypeName.Of(owner)}' object has no attribute 'copy'"),
    };

    /// <summary>The method, or null where there is none that a template may call.</summary>
    public static Method? Find(object? owner, string name) => owner switch
    {
        string or Markup => TextMethods.All.GetValueOrDefault(name),
        PyDict => OnDict.GetValueOrDefault(name),
        PyList => OnSequence.GetValueOrDefault(name),
        PyTuple or PyRange when name != "copy" => OnSequence.GetValueOrDefault(name),
        double when name == "is_integer" => (value, _) => Number.Box(double.IsInteger((double)value)),
        _ => null,
    };

    /// <summary>Whether a dict has a method of this name, which then hides an item of that name behind a dot.</summary>
    public static bool IsOnDict(string name) => OnDict.ContainsKey(name) || ChangesDict.Contains(name) || name == "fromkeys";

    public static bool ChangesValue(object? owner, string name) =>
        (owner is PyDict && ChangesDict.Contains(name)) || (owner is PyList && ChangesList.Contains(name));

    private static DictView View(object owner, Arguments arguments, DictView.Part part)
    {
        arguments.Bind("the method");
        return new DictView((PyDict)owner, part);
    }

    private static object? Get(PyDict dict, Arguments arguments)
    {
        if (arguments.Named.Length > 0) throw new TemplateException("dict.get() takes no keyword arguments");
        var bound = arguments.Bind("get", "key", "default");
        if (ReferenceEquals(bound[0], Undefined.Missing)) throw new TemplateException("get expected at least 1 argument, got 0");
        if (dict.TryGet(bound[0], out var value)) return value;
        return ReferenceEquals(bound[1], Undefined.Missing) ? null : bound[1];
    }

    private static object Index(object owner, Arguments arguments)
    {
        var wanted = arguments.Bind("index", "value")[0];
        var at = 0L;
        foreach (var item in Iteration.Of(owner))
        {
            if (Compare.Equal(item, wanted)) return Number.Box(at);
            at++;
        }

        throw new TemplateException($"{Text.Repr(wanted)} is not in {TypeName.Of(owner)}");
    }
}
