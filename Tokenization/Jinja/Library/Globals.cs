using System.Globalization;
using System.Text;
using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Jinja.Library;

/// <summary>The functions that every template can call: Jinja's, and the two that Hugging Face adds (<c>raise_exception</c>, <c>strftime_now</c>).</summary>
internal static class Globals
{
    private const int MaxRange = 100_000;

    public static readonly IReadOnlyDictionary<string, object> All = new Dictionary<string, object>
    {
        ["range"] = new Function((_, arguments) => Range(arguments)),
        ["dict"] = new Function((_, arguments) => Fill(new PyDict(), arguments)),
        ["namespace"] = new Function((_, arguments) => NewNamespace(arguments)),
        ["cycler"] = new Function((_, arguments) => Cycler(arguments)),
        ["joiner"] = new Function((_, arguments) => Joiner(arguments)),
        ["raise_exception"] = new Function((_, arguments) => throw new TemplateException(Values.Text.Str(arguments.Bind("raise_exception", "message")[0]))),
        ["strftime_now"] = new Function((rendering, arguments) => Now(rendering, arguments)),
    };

    private static PyRange Range(Arguments arguments)
    {
        var numbers = Array.ConvertAll(arguments.Positional, argument =>
            Number.IsInteger(argument) ? (long)System.Numerics.BigInteger.Max(-1L << 40, System.Numerics.BigInteger.Min(1L << 40, Number.ToBig(argument!))) : throw Values.Text.TypeError("range() needs integers", argument));
        var range = numbers switch
        {
            [var stop] => new PyRange(0, stop, 1),
            [var start, var stop] => new PyRange(start, stop, 1),
            [_, _, 0] => throw new TemplateException("range() arg 3 must not be zero"),
            [var start, var stop, var step] => new PyRange(start, stop, step),
            _ => throw new TemplateException($"range() takes 1 to 3 arguments, {numbers.Length} given"),
        };
        return range.Count <= MaxRange ? range : throw new TemplateException($"range too big: the sandbox blocks ranges of more than {MaxRange} items");
    }

    private static Namespace NewNamespace(Arguments arguments)
    {
        var space = new Namespace();
        Fill(space.Attributes, arguments);
        return space;
    }

    /// <summary>dict(…): pairs or a mapping, then keywords.</summary>
    private static PyDict Fill(PyDict into, Arguments arguments)
    {
        if (arguments.Positional.Length > 1) throw new TemplateException($"dict expected at most 1 argument, got {arguments.Positional.Length}");
        if (arguments.Positional is [PyDict given])
        {
            for (var i = 0; i < given.Count; i++) into.Set(given.KeyAt(i), given.ValueAt(i));
        }
        else if (arguments.Positional is [var pairs])
        {
            foreach (var pair in Iteration.Of(pairs))
            {
                if (Iteration.Materialize(pair) is not [var key, var value]) throw new TemplateException("a dict is made of pairs");
                into.Set(key, value);
            }
        }

        foreach (var (name, value) in arguments.Named) into.Set(name, value);
        return into;
    }

    private static Namespace Cycler(Arguments arguments)
    {
        var items = arguments.Positional;
        if (items.Length == 0) throw new TemplateException("at least one item has to be provided");
        var at = 0;
        var cycler = new Namespace();
        cycler.Attributes.Set("current", items[0]);
        cycler.Attributes.Set("next", new Function((_, _) =>
        {
            var current = items[at];
            at = (at + 1) % items.Length;
            cycler.Attributes.Set("current", items[at]);
            return current;
        }));
        cycler.Attributes.Set("reset", new Function((_, _) =>
        {
            at = 0;
            cycler.Attributes.Set("current", items[0]);
            return null;
        }));
        return cycler;
    }

    private static Function Joiner(Arguments arguments)
    {
        var separator = arguments.Bind("joiner", "sep")[0];
        if (ReferenceEquals(separator, Undefined.Missing)) separator = ", ";
        var used = false;
        return new Function((_, _) =>
        {
            if (used) return separator;
            used = true;
            return "";
        });
    }

    /// <summary>Python's strftime of the local time, for the directives that do not depend on a locale other than C.</summary>
    private static string Now(Rendering rendering, Arguments arguments)
    {
        var format = Values.Text.Require(arguments.Bind("strftime_now", "format")[0], "strftime_now() needs a format");
        var now = rendering.Clock.GetLocalNow();
        var into = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length) into.Append(format[i]);
            else if (format[++i] == '-' && i + 1 < format.Length) into.Append(Directive(format[++i], now).TrimStart('0') is { Length: > 0 } bare ? bare : "0");
            else into.Append(Directive(format[i], now));
        }

        return into.ToString();
    }

    private static string Directive(char directive, DateTimeOffset now)
    {
        var pattern = directive switch
        {
            'Y' => "yyyy",
            'y' => "yy",
            'm' => "MM",
            'd' => "dd",
            'H' => "HH",
            'I' => "hh",
            'M' => "mm",
            'S' => "ss",
            'f' => "ffffff",
            'p' => "tt",
            'A' => "dddd",
            'a' => "ddd",
            'B' => "MMMM",
            'b' or 'h' => "MMM",
            'F' => "yyyy-MM-dd",
            'T' or 'X' => "HH:mm:ss",
            'R' => "HH:mm",
            'D' or 'x' => "MM/dd/yy",
            _ => null,
        };
        if (pattern is not null) return now.ToString(pattern, CultureInfo.InvariantCulture);
        return directive switch
        {
            'j' => now.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            'e' => now.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
            'u' => (now.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)now.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'w' => ((int)now.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            's' => now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            'c' => now.ToString("ddd MMM ", CultureInfo.InvariantCulture) + now.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2) + now.ToString(" HH:mm:ss yyyy", CultureInfo.InvariantCulture),
            'z' or 'Z' => "",
            'n' => "\n",
            't' => "\t",
            '%' => "%",
            _ => throw new TemplateException($"strftime_now: the directive %{directive} is not supported"),
        };
    }
}
