using System.Diagnostics.CodeAnalysis;

namespace OrleansKvRouter.Contracts;

/// <summary>A failure that was to be expected: it names the culprit and the mend, and is passed as a value.</summary>
/// <param name="What">What is wrong, naming the field, file or sender at fault.</param>
/// <param name="Mend">What to do about it; empty where <paramref name="What"/> says it already.</param>
public record Fault(string What, string Mend = "")
{
    public sealed override string ToString() => Mend.Length == 0 ? What : $"{What}; {Mend}";
}

/// <summary>
/// Nobody's mistake: something that the router cannot do (yet) although an engine may. A request that meets it is
/// routed without it instead of being refused.
/// </summary>
public sealed record Unsupported(string What, string Mend = "") : Fault(What, Mend);

/// <summary>A value, or the expected failure that took its place.</summary>
public readonly struct Expected<T>
    where T : notnull
{
    internal Expected(T? value, Fault? fault) => (Value, Fault) = (value, fault);

    public T? Value { get; }

    public Fault? Fault { get; }

    /// <summary>True, and <paramref name="value"/> set, when there is a value; else <paramref name="fault"/> is set.</summary>
    public bool Try([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out Fault? fault)
    {
        (value, fault) = (Value, Fault);
        return fault is null;
    }

    public static implicit operator Expected<T>(T value) => new(value, null);

    public static implicit operator Expected<T>(Fault fault) => new(default, fault);
}

/// <summary>Makes an <see cref="Expected{T}"/> where C# has no implicit conversion: when T is an interface.</summary>
public static class Expected
{
    public static Expected<T> Of<T>(T value)
        where T : notnull => new(value, null);
}
