using System.Runtime.CompilerServices;

namespace OrleansKvRouter.Tokenization.Jinja.Values;

/// <summary>The sandbox's bounds: a template that exceeds them ends with a fault, whatever it and its data do.</summary>
internal static class Guard
{
    /// <summary>Longest text, in UTF-16 units, that a template may build or print.</summary>
    public const int MaxText = 64 * 1024 * 1024;

    /// <summary>Loop turns, calls, and items handled by filters in one rendering.</summary>
    public const int MaxSteps = 5_000_000;

    /// <summary>Called wherever data or a template decides how deep the interpreter recurses.</summary>
    public static void Depth()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new TemplateException("nested too deeply");
    }

    public static void Length(long length)
    {
        if (length > MaxText) throw new TemplateException($"a text of {length} characters is longer than the limit of {MaxText}");
    }
}
