using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansKvRouter.EngineSim.Running;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.EngineSim.Serving;

/// <summary>An answer as server-sent events: a chunk a token, sent as soon as it is there.</summary>
internal static class AnswerStream
{
    public static async Task WriteAsync(HttpContext http, AnswerFormat format, Generation generation, AnswerVocabulary vocabulary, AnswerOptions options)
    {
        var response = http.Response;
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
        var writer = response.BodyWriter;
        await using var json = new Utf8JsonWriter(writer, JsonStyle.Options);
        var completion = 0;
        while (await generation.Tokens.WaitToReadAsync(http.RequestAborted))
        {
            if (completion == 0 && format.Kind == RequestKind.Chat) Event(() => format.WriteOpening(json));
            while (generation.Tokens.TryRead(out var token))
            {
                completion++;
                Event(() => format.WriteChunk(json, token.Choice, vocabulary.Text(token.Token), token.IsLast));
            }

            await writer.FlushAsync(http.RequestAborted);
        }

        if (options.IncludeUsage) Event(() => format.WriteUsage(json, new Usage(generation.PromptTokens, completion, generation.CachedTokens)));
        response.BodyWriter.Write("data: [DONE]\n\n"u8);
        await writer.FlushAsync(http.RequestAborted);

        void Event(Action write)
        {
            writer.Write("data: "u8);
            write();
            json.Flush();
            json.Reset();
            writer.Write("\n\n"u8);
        }
    }

    private static void Write(this System.IO.Pipelines.PipeWriter writer, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(writer.GetSpan(bytes.Length));
        writer.Advance(bytes.Length);
    }
}
