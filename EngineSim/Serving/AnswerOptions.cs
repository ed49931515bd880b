using System.Text.Json;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.EngineSim.Serving;

/// <summary>The fields of a request that decide the form of its answer and nothing else.</summary>
/// <param name="IncludeUsage"><c>stream_options.include_usage</c>: a stream ends with a chunk that holds the usage.</param>
internal readonly record struct AnswerOptions(bool IncludeUsage)
{
    /// <param name="body">A JSON object that <see cref="RequestParser"/> has taken.</param>
    /// <param name="stream">Whether the answer is to be streamed.</param>
    public static Expected<AnswerOptions> Read(ReadOnlySpan<byte> body, bool stream)
    {
        if (body.StartsWith("\uFEFF"u8)) body = body[3..];
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = RequestParser.MaxDepth });
        var includeUsage = false;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("n"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.Number && reader.GetDouble() != 1) return new Fault("n: this engine gives one choice a prompt", "leave n out");
            }
            else if (reader.ValueTextEquals("stream_options"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.Null) continue;
                if (!stream) return new Fault("stream_options without stream", "set stream to true or leave stream_options out");
                includeUsage = WantsUsage(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return new AnswerOptions(includeUsage);
    }

    private static bool WantsUsage(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return false;
        }

        var wants = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isUsage = reader.ValueTextEquals("include_usage"u8);
            reader.Read();
            if (isUsage) wants = reader.TokenType == JsonTokenType.True;
            reader.Skip();
        }

        return wants;
    }
}
