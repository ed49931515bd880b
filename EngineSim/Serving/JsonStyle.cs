using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansKvRouter.EngineSim.Serving;

internal static class JsonStyle
{
    /// <summary>Text as it is: answers are JSON for programs, never part of a web page.</summary>
    public static JsonWriterOptions Options { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
