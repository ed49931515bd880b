using System.Text;
using OrleansKvRouter.Contracts;
using OrleansKvRouter.Tokenization.Requests;
using OrleansKvRouter.Tokenization.Templates;

namespace OrleansKvRouter.Tests.Tokenization.Templates;

/// <summary>What a template sees, item by item of vLLM's preparation.</summary>
public sealed class ChatTemplateTests
{
    private const string PrintMessages = "{{ messages | tojson }}";
    private const string PrintParts = "{% for m in messages %}{% for part in m.content %}{% endfor %}{% endfor %}{{ messages | tojson }}";

    [Theory]
    [InlineData("null", "\"\"")]
    [InlineData("\"a\"", "\"a\"")]
    [InlineData("[]", "\"\"")]
    [InlineData("[{\"type\":\"text\",\"text\":\"a\"},\"b\",{\"type\":\"text\",\"text\":\"\"},{\"type\":\"text\",\"text\":null},{\"type\":\"input_text\",\"text\":\"c\"},{\"type\":\"refusal\",\"refusal\":\"d\"}]", "\"a\\nb\\nc\\nd\"")]
    public void Render_StringFormat_JoinsTheTexts(string content, string expected) =>
        Assert.Equal($$"""[{"role": "user", "content": {{expected}}}]""", Render(PrintMessages, $$"""{"role":"user","content":{{content}}}"""));

    [Theory]
    [InlineData("null", "[]")]
    [InlineData("\"a\"", """[{"type": "text", "text": "a"}]""")]
    [InlineData("""[{"text":"","type":"text","cache_control":{"x":1}},"b"]""", """[{"type": "text", "text": "", "cache_control": {"x": 1}}, {"type": "text", "text": "b"}]""")]
    public void Render_OpenAiFormat_KeepsTheParts(string content, string expected) =>
        Assert.Equal($$"""[{"role": "user", "content": {{expected}}}]""", Render(PrintParts, $$"""{"role":"user","content":{{content}}}"""));

    [Theory]
    [InlineData("{{ messages }}", "String")]
    [InlineData("{% for m in messages %}{{ m.content }}{% endfor %}", "String")]
    [InlineData("{% for m in messages %}{% for c in m['content'] %}{% endfor %}{% endfor %}", "OpenAi")]
    [InlineData("{% for m in messages[1:] %}{% for c in m.content | list %}{% endfor %}{% endfor %}", "OpenAi")]
    [InlineData("{% set rest = messages[1:] %}{% set more = rest %}{% for m in more %}{% for c in m.content %}{% endfor %}{% endfor %}", "OpenAi")]
    [InlineData("{% macro m(content) %}{% for item in content %}{% endfor %}{% endmacro %}", "OpenAi")]
    [InlineData("{% for m in others %}{% for c in m.content %}{% endfor %}{% endfor %}", "String")]
    [InlineData("{% for m in messages %}{% for c in m.tool_calls %}{% endfor %}{% endfor %}", "String")]
    public void ContentFormat_Template_IsTheOneVllmDetects(string source, string format)
    {
        Assert.True(OrleansKvRouter.Tokenization.Jinja.Template.Parse(source).Try(out var template, out _));
        Assert.Equal(format, ContentFormats.Of(template).ToString());
    }

    [Fact]
    public void Render_ToolMessageWithParts_IsAString() =>
        Assert.EndsWith("""{"role": "tool", "content": "a\nb", "tool_call_id": "1"}]""", Render(PrintParts, """{"role":"user"},{"role":"tool","tool_call_id":"1","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"""), StringComparison.Ordinal);

    [Fact]
    public void Render_UnknownFields_AreDropped() =>
        Assert.Equal("""[{"role": "user", "content": "a", "name": "n"}]""", Render(PrintMessages, """{"role":"user","content":"a","name":"n","refusal":null,"x":1,"reasoning":"r"}"""));

    [Theory]
    [InlineData("\"{\\\"b\\\":1,  \\\"a\\\":[2.0]}\"", """{"b": 1, "a": [2.0]}""")]
    [InlineData("{\"a\":1}", """{"a": 1}""")]
    [InlineData("\"\"", "{}")]
    [InlineData("null", "{}")]
    [InlineData("\"broken\"", "{}")]
    [InlineData("\"[1]\"", "{}")]
    public void Render_ToolCalls_ArgumentsAreObjects(string arguments, string expected) => Assert.Equal(
        $$$"""[{"role": "assistant", "content": "", "tool_calls": [{"id": "1", "function": {"arguments": {{{expected}}}, "name": "f"}, "type": "function"}]}]""",
        Render(PrintMessages, $$$"""{"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f","arguments":{{{arguments}}}},"id":"1"}]}"""));

    [Fact]
    public void Render_EmptyToolCalls_AreRemoved() =>
        Assert.Equal("""[{"role": "assistant", "content": "a"}]""", Render(PrintMessages, """{"role":"assistant","content":"a","tool_calls":[]}"""));

    [Theory]
    [InlineData("\"reasoning\":\"r\"")]
    [InlineData("\"reasoning_content\":\"r\"")]
    [InlineData("\"reasoning\":\"r\",\"reasoning_content\":\"other\"")]
    public void Render_Reasoning_HasBothNames(string field) => Assert.Equal(
        """[{"role": "assistant", "content": "a", "reasoning": "r", "reasoning_content": "r"}]""",
        Render(PrintMessages, $$"""{"role":"assistant","content":"a",{{field}}}"""));

    [Fact]
    public void Render_DeveloperRole_BecomesOneSystemMessage()
    {
        const string messages = """{"role":"system","content":"a"},{"role":"user","content":"u"},{"role":"developer","content":"b","tools":[]}""";

        Assert.Equal("""[{"role": "system", "content": "a\n\nb"}, {"role": "user", "content": "u"}]""", Render(PrintMessages, messages));
        Assert.Contains("\"role\": \"developer\"", Render(PrintMessages + "{# 'developer' #}", messages), StringComparison.Ordinal);
        Assert.Equal("""[{"role": "system", "content": "a"}, {"role": "user", "content": ""}]""", Render(PrintMessages, """{"role":"developer","content":"a"},{"role":"user"}"""));
        Assert.Equal("""[{"role": "system", "content": "a"}, {"role": "system", "content": "b"}]""", Render(PrintMessages, """{"role":"system","content":"a"},{"role":"system","content":"b"}"""));
    }

    [Theory]
    [InlineData("", "None")]
    [InlineData(",\"tools\":null", "None")]
    [InlineData(",\"tools\":[]", "[]")]
    [InlineData(""","tools":[{"function":{"parameters":{"b":1,"a":{}},"name":"f","x":1}}]""", """[{"type": "function", "function": {"name": "f", "description": null, "parameters": {"b": 1, "a": {}}}}]""")]
    [InlineData(""","tools":[{"type":"function","defer_loading":true,"function":{"name":"f","strict":false,"description":"d"}}]""", """[{"type": "function", "function": {"name": "f", "description": "d", "parameters": null, "strict": false, "defer_loading": true}, "defer_loading": true}]""")]
    public void Render_Tools_AreDumpedAsPydanticWould(string fields, string expected) =>
        Assert.Equal(expected, Render("{{ tools | tojson if tools is not none else tools }}", """{"role":"user"}""", fields));

    [Theory]
    [InlineData("", "True undefined undefined None")]
    [InlineData(",\"add_generation_prompt\":false", "False undefined undefined None")]
    [InlineData(""","chat_template_kwargs":{"add_generation_prompt":false,"enable_thinking":false}""", "True False undefined None")]
    [InlineData(",\"reasoning_effort\":\"none\"", "True False none None")]
    [InlineData(",\"reasoning_effort\":\"high\"", "True True high None")]
    [InlineData(""","reasoning_effort":"none","chat_template_kwargs":{"enable_thinking":true,"reasoning_effort":"low"}""", "True True none None")]
    [InlineData(""","chat_template_kwargs":{"enable_thinking":null,"reasoning_effort":"auto","documents":[1]}""", "True undefined undefined [1]")]
    [InlineData(""","documents":[{"title":"t"}],"chat_template_kwargs":{"documents":[1]}""", "True undefined undefined [{'title': 't'}]")]
    public void Render_Variables_RequestFieldsWin(string fields, string expected) => Assert.Equal(
        expected,
        Render("{{ add_generation_prompt }} {{ enable_thinking | default('undefined') }} {{ reasoning_effort | default('undefined') }} {{ documents }}", """{"role":"user"}""", fields));

    [Fact]
    public void Render_SpecialTokens_AreVariables() => Assert.Equal("<s>||x", Render("{{ bos_token }}|{{ eos_token }}|{{ pad_token }}", """{"role":"user"}""", ""","chat_template_kwargs":{"pad_token":"x"}"""));

    [Theory]
    [InlineData("<{{ m.content }}>", "  a b ", "<  a b ")]
    [InlineData("<{{ m.content | trim }}>", "a b", "<a b")]
    [InlineData("<{{ m.content | trim }}>", "  a  ", "<a")]
    [InlineData("{{ m.content }}{{ m.content }}.", "a", "aCONTINUE_FINAL_MESSAGE_TAG a")]
    public void Render_ContinueFinalMessage_CutsBehindTheContent(string body, string content, string expected) => Assert.Equal(
        expected,
        Render($"{{% for m in messages %}}{body}{{% endfor %}}", $$"""{"role":"assistant","content":"{{content}}"}""", ",\"continue_final_message\":true,\"add_generation_prompt\":false"));

    [Theory]
    [InlineData("""{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}""", "", "messages[0].content[0] is a part of type 'image_url'")]
    [InlineData("""{"role":"user","content":5}""", "", "messages[0].content is the number 5")]
    [InlineData("""{"role":"user","content":[5]}""", "", "messages[0].content[0] is the number 5")]
    [InlineData("""{"role":"user","content":[{"text":"a"}]}""", "", "messages[0].content[0].type is missing")]
    [InlineData("""{"role":"assistant","tool_calls":{}}""", "", "messages[0].tool_calls is an object")]
    [InlineData("""{"role":"assistant","tool_calls":[{"id":"1"}]}""", "", "messages[0].tool_calls[0].function is missing")]
    [InlineData("""{"role":"assistant","tool_calls":[{"type":"custom","function":{}}]}""", "", "messages[0].tool_calls[0].type is the string \"custom\"")]
    [InlineData("""{"role":"user"}""", ",\"tools\":[1]", "tools[0] is the number 1")]
    [InlineData("""{"role":"user"}""", ",\"tools\":[{\"function\":{}}]", "tools[0].function.name is missing")]
    [InlineData("""{"role":"user"}""", ",\"continue_final_message\":true", "continue_final_message is true")]
    [InlineData("""{"role":"user"}""", ",\"chat_template_kwargs\":{\"messages\":[]}", "chat_template_kwargs.messages")]
    public void Render_BadRequest_FaultNamesTheField(string messages, string fields, string named)
    {
        var fault = Rendered(PrintMessages, messages, fields).Fault;

        Assert.NotNull(fault);
        Assert.Contains(named, fault.What, StringComparison.Ordinal);
    }

    private static string? Render(string source, string messages, string fields = "")
    {
        var rendered = Rendered(source, messages, fields);
        Assert.True(rendered.Fault is null, $"{rendered.Fault}");
        return rendered.Value;
    }

    private static Expected<string> Rendered(string source, string messages, string fields)
    {
        var body = $$"""{"model":"m","messages":[{{messages}}]{{fields}}}""";
        Assert.True(RequestParser.Parse(Encoding.UTF8.GetBytes(body), RequestKind.Chat).Try(out var request, out var fault), $"{fault}");
        var specialTokens = new Dictionary<string, object?> { ["bos_token"] = "<s>", ["pad_token"] = "p" };
        Assert.True(ChatTemplate.Parse(source, specialTokens, TimeProvider.System).Try(out var template, out fault), $"{fault}");
        return template.Render((ChatRequest)request);
    }
}
