using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja;

/// <summary>The state of one rendering: what was printed, the variables that came from outside, and what is left of the bounds. One thread.</summary>
internal sealed class Rendering(object?[] globals, TimeProvider clock) : IDisposable
{
    private int _steps = Guard.MaxSteps;

    public TextOutput Output { get; } = new();

    public object?[] Globals => globals;

    public TimeProvider Clock => clock;

    /// <summary>Line of the statement being run.</summary>
    public int Line { get; set; }

    public void Step(int count = 1)
    {
        if ((_steps -= count) < 0) throw new TemplateException($"the template takes more than {Guard.MaxSteps} steps");
    }

    public void Dispose() => Output.Dispose();
}

/// <summary>The local variables of one run of the template, of a macro or of a recursive loop.</summary>
internal sealed class Frame
{
    public Frame(Rendering rendering, Frame? parent, int slots)
    {
        (Rendering, Parent) = (rendering, parent);
        Slots = new object?[slots];
        Slots.AsSpan().Fill(Undefined.Missing);
    }

    public Rendering Rendering { get; }

    /// <summary>The frame that the macro was defined in.</summary>
    public Frame? Parent { get; }

    public object?[] Slots { get; }
}
