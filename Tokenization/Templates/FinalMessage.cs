using OrleansKvRouter.Tokenization.Jinja;
using OrleansKvRouter.Tokenization.Jinja.Values;

namespace OrleansKvRouter.Tokenization.Templates;

/// <summary>
/// <c>continue_final_message</c>, as transformers 5 does it: a mark is put behind the final message's text, and the
/// rendered prompt is cut where the mark shows up.
/// </summary>
internal static class FinalMessage
{
    private const string Mark = "CONTINUE_FINAL_MESSAGE_TAG ";

    /// <summary>The conversation with the mark, and the final text without it.</summary>
    public static (PyList Conversation, string Text) WithMark(PyList conversation)
    {
        var last = ((PyDict)conversation.Items[^1]!).Copy();
        var (marked, text) = last["content"] switch
        {
            string content => (content + Mark, content),
            PyList parts => Marked(parts),
            _ => throw new TemplateException("continue_final_message: the final message has no content to continue"),
        };
        last.Set("content", marked);
        return (new PyList([.. conversation.Items[..^1], last]), text);
    }

    public static string Cut(string rendered, string text)
    {
        var mark = Mark.TrimEnd();
        var at = rendered.LastIndexOf(mark, StringComparison.Ordinal);
        if (at < 0 || !rendered.Contains(Stripped(text, left: true), StringComparison.Ordinal))
        {
            throw new TemplateException("continue_final_message: the final message does not appear in the rendered chat");
        }

        // The template trimmed the message if the mark lost its space: then the text before it is trimmed as well.
        var kept = rendered[..at];
        return string.CompareOrdinal(rendered, at, Mark, 0, Mark.Length) == 0 ? kept : Stripped(kept, left: false);
    }

    private static (object Marked, string Text) Marked(PyList parts)
    {
        var items = parts.Items.ToArray();
        for (var i = items.Length - 1; i >= 0; i--)
        {
            if (items[i] is not PyDict part || part["text"] is not string text) continue;
            var marked = part.Copy();
            marked.Set("text", text + Mark);
            items[i] = marked;
            return (new PyList(items), text);
        }

        throw new TemplateException("continue_final_message: the final message has no text to continue");
    }

    private static string Stripped(string text, bool left) => Jinja.Library.TextMethods.Strip(text, null, left, right: true);
}
