using System.Text;
using FsCheck.Xunit;
using OrleansKvRouter.EppService.Grpc;

namespace OrleansKvRouter.Tests.EppService.Grpc;

public sealed class GrpcHeadersTests
{
    [Theory]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("99999999H", 3_599_999_964_000_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("3S", 30_000_000)]
    [InlineData("5m", 50_000)]
    [InlineData("7u", 70)]
    [InlineData("250n", 2)]
    public void TryParseTimeout_Unit_IsThatLong(string text, long ticks)
    {
        Assert.True(GrpcHeaders.TryParseTimeout(text, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("1s")]
    [InlineData("-1S")]
    [InlineData("1.5S")]
    [InlineData("100000000S")]
    public void TryParseTimeout_Malformed_IsFalse(string text) => Assert.False(GrpcHeaders.TryParseTimeout(text, out _));

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("100%\nprüf", "100%25%0Apr%C3%BCf")]
    public void Encode_Text_EscapesWhatHeadersCannotHold(string message, string encoded) => Assert.Equal(encoded, GrpcHeaders.Encode(message));

    [Property]
    public bool Encode_AnyText_IsPrintableAndDecodesBack(FsCheck.UnicodeString text)
    {
        var encoded = GrpcHeaders.Encode(text.Get ?? "");
        // Half a surrogate pair has no UTF-8: it travels as U+FFFD.
        var sent = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get ?? ""));
        return encoded.All(c => c is >= ' ' and <= '~') && Uri.UnescapeDataString(encoded) == sent;
    }

    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("application/grpc+proto", true)]
    [InlineData("Application/GRPC; charset=utf-8", true)]
    [InlineData("application/grpc+json", false)]
    [InlineData("application/grpc-web", false)]
    [InlineData("application/json", false)]
    [InlineData(null, false)]
    public void IsGrpc_ContentType_IsOnlyProtobufGrpc(string? contentType, bool expected) => Assert.Equal(expected, GrpcHeaders.IsGrpc(contentType));
}
