using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.EngineSim.Core;
using OrleansKvRouter.EngineSim.Running;
using OrleansKvRouter.Tokenization;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.EngineSim.Serving;

/// <summary><c>/v1/chat/completions</c> and <c>/v1/completions</c>.</summary>
internal sealed class CompletionHandler(Engine engine, TimeProvider time)
{
    /// <summary>1 parse · 2 find the model · 3 render and tokenize · 4 let the engine run · 5 answer.</summary>
    public async Task HandleAsync(HttpContext http, RequestKind kind)
    {
        var body = await RequestBody.ReadAsync(http.Request, http.RequestAborted);
        if (!RequestParser.Parse(body, kind).Try(out var request, out var fault)
            || !AnswerOptions.Read(body.Span, request.Stream).Try(out var options, out fault))
        {
            await OpenAiError.BadRequestAsync(http, fault);
            return;
        }

        if (engine.Models.Identify(request.Model, request.CacheSalt) is not { } identity)
        {
            await OpenAiError.UnknownModelAsync(http, request.Model);
            return;
        }

        if (!Tokenize(request, identity).Try(out var sequences, out fault))
        {
            await OpenAiError.BadRequestAsync(http, fault);
            return;
        }

        await AnswerAsync(http, FormatOf(http, kind, request.Model), engine.Loop.Submit(sequences), request.Stream ? options : null);
    }

    private Expected<Sequence[]> Tokenize(InferenceRequest request, RequestIdentity identity)
    {
        var maxNewTokens = request.MaxTokens ?? engine.Options.DefaultMaxTokens;
        if (maxNewTokens < 1) return new Fault($"max_tokens is {maxNewTokens}", "it must be at least 1");
        var prompts = new EncodedPrompts();
        return PromptEncoder.Encode(request, engine.Assets, prompts) is { } fault ? fault : engine.Prepare(prompts, maxNewTokens, identity);
    }

    /// <param name="http">The exchange.</param>
    /// <param name="format">The answer's JSON.</param>
    /// <param name="generation">The request inside the engine.</param>
    /// <param name="streaming">Null for an answer in one piece.</param>
    private async Task AnswerAsync(HttpContext http, AnswerFormat format, Generation generation, AnswerOptions? streaming)
    {
        try
        {
            if (streaming is { } options) await AnswerStream.WriteAsync(http, format, generation, engine.Vocabulary, options);
            else await WriteWholeAsync(http, format, generation);
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            // The engine stops. A stream that has begun can only be broken off.
            if (http.Response.HasStarted) http.Abort();
            else await OpenAiError.StoppingAsync(http);
        }
        catch (OperationCanceledException)
        {
            // The client is gone: nobody is left to answer.
        }
        finally
        {
            engine.Loop.Abort(generation);
        }
    }

    private async Task WriteWholeAsync(HttpContext http, AnswerFormat format, Generation generation)
    {
        var texts = generation.Sequences.Select(_ => new StringBuilder()).ToArray();
        var completion = 0;
        await foreach (var token in generation.Tokens.ReadAllAsync(http.RequestAborted))
        {
            texts[token.Choice].Append(engine.Vocabulary.Text(token.Token));
            completion++;
        }

        http.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter, JsonStyle.Options);
        format.WriteWhole(json, [.. texts.Select(text => text.ToString())], new Usage(generation.PromptTokens, completion, generation.CachedTokens));
    }

    private AnswerFormat FormatOf(HttpContext http, RequestKind kind, string model)
    {
        var id = http.Request.Headers["x-request-id"].ToString();
        if (id.Length == 0) id = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);
        return new AnswerFormat(kind, (kind == RequestKind.Chat ? "chatcmpl-" : "cmpl-") + id, model, time.GetUtcNow().ToUnixTimeSeconds());
    }
}
