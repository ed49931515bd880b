using System.Text;
using OrleansKvRouter.Tests.Support;
using OrleansKvRouter.Tokenization;
using OrleansKvRouter.Tokenization.Requests;

namespace OrleansKvRouter.Tests.Tokenization;

public sealed class ModelFolderTests : IDisposable
{
    private readonly string _models = Directory.CreateTempSubdirectory("models").FullName;

    public void Dispose() => Directory.Delete(_models, recursive: true);

    [Theory]
    [InlineData("Qwen/Qwen3-8B")]
    [InlineData("Qwen3-8B")]
    public void Load_Folder_FindsNameOrItsLastSegment(string folder)
    {
        Place(folder);

        Assert.True(ModelFolder.Load(_models, "Qwen/Qwen3-8B").Try(out var assets, out var fault), $"{fault}");
        Assert.Equal("Qwen/Qwen3-8B", assets.Model);
        Assert.Equal("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n", Render(assets, ""));
    }

    [Fact]
    public void Load_Absent_FaultNamesEveryPath()
    {
        var what = ModelFolder.Load(_models, "a/b").Fault!.What;

        Assert.Contains(Path.Combine(_models, "a", "b", "tokenizer.json"), what, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(_models, "b", "tokenizer.json"), what, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("a/../../b")]
    [InlineData("..")]
    [InlineData("/etc")]
    [InlineData("a//b")]
    [InlineData("a\\..\\b")]
    [InlineData("")]
    [InlineData("a\0b")]
    public void Load_NameThatLeadsOut_Fault(string model) => Assert.Contains("names no folder", ModelFolder.Load(_models, model).Fault!.What, StringComparison.Ordinal);

    [Fact]
    public void Load_ChatTemplateFile_WinsOverTheConfig()
    {
        Place("m");
        File.WriteAllText(Path.Combine(_models, "m", "chat_template.jinja"), "own {{ eos_token }}{{ bos_token }}\n");

        Assert.Equal("own <|im_end|>", Render(ModelFolder.Load(_models, "m").Value!, ""));
    }

    [Fact]
    public void Load_NamedTemplates_ToolUseWhenToolsAreGiven()
    {
        Place("m", """{"chat_template":[{"name":"default","template":"d"},{"name":"tool_use","template":"t"},{"name":"rag","template":"{% broken"}],"bos_token":{"content":"<s>"}}""");
        var assets = ModelFolder.Load(_models, "m").Value!;

        Assert.Equal("d", Render(assets, ""));
        Assert.Equal("t", Render(assets, ",\"tools\":[]"));
    }

    [Theory]
    [InlineData("{}", "has no chat template")]
    [InlineData("{\"chat_template\":\"{% include 'x' %}\"}", "include")]
    [InlineData("{\"chat_template\":5}", "neither a string nor an array")]
    [InlineData("{\"chat_template\":[{\"name\":\"rag\",\"template\":\"x\"}]}", "none is named")]
    [InlineData("{", "cannot be read")]
    [InlineData("[]", "not a JSON object")]
    public void Load_NoUsableTemplate_TokenizerWorksAndChatsAreFaults(string config, string named)
    {
        Place("m", config);
        var assets = ModelFolder.Load(_models, "m").Value!;
        var prompts = new EncodedPrompts();

        Assert.Contains(named, PromptEncoder.Encode(Request("", RequestKind.Chat), assets, prompts)!.What, StringComparison.Ordinal);
        Assert.Null(PromptEncoder.Encode(Request(",\"prompt\":\"hi\"", RequestKind.Completion), assets, prompts));
        Assert.Equal(1, prompts.Count);
    }

    [Fact]
    public void Load_BrokenTokenizer_FaultNamesTheFile()
    {
        Place("m");
        File.Delete(Path.Combine(_models, "m", "tokenizer.json"));
        File.WriteAllText(Path.Combine(_models, "m", "tokenizer.json"), "{");

        Assert.Contains(Path.Combine(_models, "m", "tokenizer.json"), $"{ModelFolder.Load(_models, "m").Fault}", StringComparison.Ordinal);
    }

    private void Place(string folder, string? config = null)
    {
        var path = Directory.CreateDirectory(Path.Combine(_models, folder)).FullName;
        File.CreateSymbolicLink(Path.Combine(path, "tokenizer.json"), Path.Combine(Repository.Qwen3, "tokenizer.json"));
        if (config is not null) File.WriteAllText(Path.Combine(path, "tokenizer_config.json"), config);
        else File.CreateSymbolicLink(Path.Combine(path, "tokenizer_config.json"), Path.Combine(Repository.Qwen3, "tokenizer_config.json"));
    }

    private static string Render(ModelAssets assets, string fields)
    {
        var rendered = PromptEncoder.Render(Request(fields, RequestKind.Chat), assets);
        Assert.True(rendered.Fault is null, $"{rendered.Fault}");
        return rendered.Value!;
    }

    private static InferenceRequest Request(string fields, RequestKind kind) =>
        RequestParser.Parse(Encoding.UTF8.GetBytes($$"""{"model":"m","messages":[{"role":"user","content":"hi"}]{{fields}}}"""), kind).Value!;
}
