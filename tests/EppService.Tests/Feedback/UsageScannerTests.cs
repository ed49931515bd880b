using System.Globalization;
using System.IO.Compression;
using System.Text;
using FsCheck;
using FsCheck.Xunit;
using OrleansKvRouter.EppService.Feedback;

namespace OrleansKvRouter.Tests.EppService.Feedback;

public sealed class UsageScannerTests
{
    private const string Whole = """{"id":"1","choices":[{"message":{"content":"say \"usage\":{\"prompt_tokens\":1} or \"usage"}}],"usage":{"prompt_tokens":200,"total_tokens":216,"completion_tokens":16,"prompt_tokens_details":{"audio_tokens":null,"cached_tokens":128},"note":"a } and a \" in it"},"prompt_logprobs":null}""";

    private const string Events = "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}],\"usage\":null}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"prompt_tokens_details\":{\"cached_tokens\":0}}}\n\n"
        + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":200,\"prompt_tokens_details\":{\"cached_tokens\":192}}}\n\ndata: [DONE]\n\n";

    [Theory]
    [InlineData(Whole, 200, 128)]
    [InlineData(Events, 200, 192)]
    [InlineData("{\"usage\" :\r\n\t{ \"prompt_tokens\" : 3 , \"prompt_tokens_details\" : { \"cached_tokens\" : 2 } } }", 3, 2)]
    [InlineData("""{"usage":{"prompt_tokens":3}}""", 3, null)]
    [InlineData("""{"usage":{"prompt_tokens":3,"prompt_tokens_details":null}}""", 3, null)]
    [InlineData("""{"usage":{"prompt_tokens":3,"prompt_tokens_details":{"cached_tokens":null}}}""", 3, null)]
    [InlineData("""{"usage":{"prompt_tokens":3,"prompt_tokens_details":{"cached_tokens":-1}}}""", 3, null)]
    [InlineData("""{"usage":{"cached_tokens":1,"other":{"cached_tokens":1},"prompt_tokens":3,"completion_tokens_details":{"prompt_tokens":9,"cached_tokens":8}}}""", 3, null)]
    [InlineData("""{"usage""usage":{"prompt_tokens":3}}""", 3, null)]
    public void Scan_OfAnAnswerCutAnywhere_FindsTheLastUsage(string answer, int promptTokens, int? cachedTokens)
    {
        var bytes = Encoding.UTF8.GetBytes(answer);
        var expected = new ReportedUsage(promptTokens, cachedTokens);
        Assert.Equal(expected, Scan(bytes));
        for (var first = 0; first <= bytes.Length; first++)
        {
            Assert.Equal(expected, Scan(bytes[..first], bytes[first..]));
            for (var second = first; second <= Math.Min(first + 9, bytes.Length); second++) Assert.Equal(expected, Scan(bytes[..first], bytes[first..second], bytes[second..]));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("""{"usage":null}""")]
    [InlineData("""{"usage":{"prompt_tokens":"many"}}""")]
    [InlineData("""{"usage":{"prompt_tokens":2""")]
    [InlineData("""{"usage":{prompt_tokens:2}}""")]
    [InlineData("""{"content":"\"usage\":{\"prompt_tokens\":3}"}""")]
    public void Scan_OfAnAnswerWithoutUsage_FindsNone(string answer) => Assert.Null(Scan(Encoding.UTF8.GetBytes(answer)));

    [Fact]
    public void Scan_OfAUsageLongerThanAnyEngines_PassesOverItAndFindsTheNext()
    {
        var padding = new string('x', 2000);
        var answer = $$$"""{"usage":{"padding":"{{{padding}}}","prompt_tokens":1}}{"usage":{"prompt_tokens":2}}""";

        Assert.Equal(new ReportedUsage(2, null), Scan(Encoding.UTF8.GetBytes(answer)));
    }

    [Fact]
    public void Scan_OfGzip_FindsNone()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(Encoding.UTF8.GetBytes(Whole));

        Assert.Null(Scan(packed.ToArray()));
    }

    [Property(MaxTest = 2000)]
    public bool Scan_OfGarbage_NeverThrowsAndDoesNotDependOnTheCuts(NonNull<int[]> picks, PositiveInt cut)
    {
        // Pieces of what matters in any order, and any bytes between.
        string[] parts = ["\"usage\"", "\"usa", "ge\"", "\"", ":", "{", "}", "\\", " ", "\"prompt_tokens\":5", ",", "null", "[", "\"prompt_tokens_details\":{\"cached_tokens\":4}"];
        var text = string.Concat(picks.Get.Select(p => Math.Abs((long)p) % (parts.Length + 1) is var i && i < parts.Length ? parts[i] : ((char)(p & 0xff)).ToString(CultureInfo.InvariantCulture)));
        var bytes = Encoding.Latin1.GetBytes(text);

        return Scan(bytes) == Scan([.. bytes.Chunk(1 + (cut.Get % 7))]);
    }

    private static ReportedUsage? Scan(params byte[][] pieces)
    {
        var scanner = new UsageScanner();
        foreach (var piece in pieces) scanner.Scan(piece);
        return scanner.Last;
    }
}
