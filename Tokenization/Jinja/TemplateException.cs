namespace OrleansKvRouter.Tokenization.Jinja;

/// <summary>
/// What a template or its data did wrong. It never leaves this folder: <see cref="Template"/> turns it into a fault.
/// An exception, because the error of a template unwinds any number of expressions, macros and filters.
/// </summary>
internal sealed class TemplateException : Exception
{
    public TemplateException(string what, int line = 0)
        : base(what) => Line = line;

    /// <summary>True where nothing is wrong and something is merely not supported here.</summary>
    public bool IsUnsupported { get; init; }

    /// <summary>Line of the template, from 1; 0 where it is not known.</summary>
    public int Line { get; }
}
