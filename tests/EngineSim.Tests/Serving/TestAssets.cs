using System.Text;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tests.Support;
using OrleansKvRouter.Tokenization;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.Tests.EngineSim.Serving;

internal static class TestAssets
{
    public static Expected<ModelAssets> Load()
    {
        if (!TokenizerFile.Load(Path.Combine(Repository.Qwen3, "tokenizer.json")).Try(out var tokenizer, out var fault)) return fault;
        return new ModelAssets("Qwen3-32B", tokenizer, Expected.Of<IChatTemplate>(new ChatMl()));
    }

    private sealed class ChatMl : IChatTemplate
    {
        public Expected<string> Render(ChatRequest request)
        {
            var text = new StringBuilder();
            foreach (var message in request.Messages.EnumerateArray())
                text.Append("<|im_start|>").Append(message.GetProperty("role").GetString()).Append('\n').Append(message.GetProperty("content").GetString()).Append("<|im_end|>\n");
            return text.Append("<|im_start|>assistant\n").ToString();
        }
    }
}
