namespace OrleansKvRouter.Tokenization.Jinja.Values;

/// <summary>The arguments of one call.</summary>
internal readonly struct Arguments(object?[] positional, (string Name, object? Value)[] named)
{
    public static readonly Arguments None = new([], []);

    public object?[] Positional => positional;

    public (string Name, object? Value)[] Named => named;

    /// <summary>One value for each parameter, <see cref="Undefined.Missing"/> where the call gives none.</summary>
    public object?[] Bind(string callee, params ReadOnlySpan<string> parameters)
    {
        if (positional.Length > parameters.Length) throw new TemplateException($"{callee}() takes {parameters.Length} arguments, {positional.Length} given");
        var bound = new object?[parameters.Length];
        positional.CopyTo(bound, 0);
        bound.AsSpan(positional.Length).Fill(Undefined.Missing);
        foreach (var (name, value) in named)
        {
            var at = parameters.IndexOf(name);
            if (at < 0) throw new TemplateException($"{callee}() got an unexpected keyword argument '{name}'");
            if (at < positional.Length) throw new TemplateException($"{callee}() got multiple values for argument '{name}'");
            bound[at] = value;
        }

        return bound;
    }
}

internal abstract class Callable
{
    public abstract object? Call(Rendering rendering, Arguments arguments);
}

internal sealed class Function(Func<Rendering, Arguments, object?> body) : Callable
{
    public override object? Call(Rendering rendering, Arguments arguments) => body(rendering, arguments);
}

/// <summary>A macro, or the body of a call block as the macro sees it (<c>caller</c>).</summary>
internal sealed class Macro(string name, Func<Rendering, Arguments, object?> body) : Callable
{
    public string Name => name;

    public override object? Call(Rendering rendering, Arguments arguments) => body(rendering, arguments);
}
