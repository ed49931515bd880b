using System.Runtime.InteropServices;
using OrleansKvRouter.Contracts.Index;

namespace OrleansKvRouter.Slices.Hosting;

/// <summary>
/// How far a slice is, between silos: 64-bit words. The question has for each engine its id, the asker's token, epoch, last sent
/// sequence, the stream's sequence, its timestamp's bits and its memo. The answer has the slice's blocks, memberships, bytes and
/// dropped memberships, and for each engine id, token, epoch, sequence, timestamp's bits, and by tier blocks held and blocks dropped.
/// </summary>
internal static class CheckWire
{
    private const int QuestionWords = 7;
    private const int StatisticsWords = 4;
    private const int StandingWords = 5 + (2 * HolderTag.Tiers);

    public static byte[] Ask(IReadOnlyCollection<EngineCheck> checks)
    {
        var question = new byte[checks.Count * QuestionWords * sizeof(ulong)];
        var words = MemoryMarshal.Cast<byte, ulong>(question.AsSpan());
        foreach (var check in checks)
        {
            (words[0], words[1], words[2], words[3]) = (check.Engine.Value, (ulong)check.Token, (ulong)check.Stream.Epoch, (ulong)check.Sent.Sequence);
            (words[4], words[5], words[6]) = ((ulong)check.Stream.Sequence, BitConverter.DoubleToUInt64Bits(check.Stream.Timestamp), check.Stream.Memo);
            words = words[QuestionWords..];
        }

        return question;
    }

    public static byte[] Answer(Slice slice, ReadOnlySpan<byte> question)
    {
        var asked = MemoryMarshal.Cast<byte, ulong>(question);
        var count = asked.Length / QuestionWords;
        var answer = new byte[(StatisticsWords + (count * StandingWords)) * sizeof(ulong)];
        var words = MemoryMarshal.Cast<byte, ulong>(answer.AsSpan());
        var statistics = slice.Statistics;
        (words[0], words[1], words[2], words[3]) = ((ulong)statistics.Blocks, (ulong)statistics.Memberships, (ulong)statistics.Bytes, (ulong)statistics.Dropped);
        words = words[StatisticsWords..];
        for (var i = 0; i < count; i++, asked = asked[QuestionWords..], words = words[StandingWords..])
        {
            var timestamp = BitConverter.UInt64BitsToDouble(asked[5]);
            var standing = slice.Check(new EngineCheck(
                new EngineId(asked[0]), (long)asked[1], new EnginePosition((long)asked[2], (long)asked[3], timestamp), new EnginePosition((long)asked[2], (long)asked[4], timestamp, asked[6])));
            (words[0], words[1]) = (standing.Engine.Value, (ulong)standing.Token);
            (words[2], words[3], words[4]) = ((ulong)standing.Position.Epoch, (ulong)standing.Position.Sequence, BitConverter.DoubleToUInt64Bits(standing.Position.Timestamp));
            for (var tier = 0; tier < HolderTag.Tiers; tier++)
            {
                (words[5 + (2 * tier)], words[6 + (2 * tier)]) = ((ulong)standing.Held[tier], (ulong)standing.Dropped[tier]);
            }
        }

        return answer;
    }

    public static (IndexStatistics Statistics, List<EngineStanding> Engines) Read(ReadOnlySpan<byte> answer)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(answer);
        List<EngineStanding> engines = [];
        if (words.Length < StatisticsWords) return (default, engines);
        var statistics = new IndexStatistics((long)words[0], (long)words[1], (long)words[2]) { Dropped = (long)words[3] };
        for (words = words[StatisticsWords..]; words.Length >= StandingWords; words = words[StandingWords..])
        {
            var position = new EnginePosition((long)words[2], (long)words[3], BitConverter.UInt64BitsToDouble(words[4]));
            var standing = new EngineStanding(new EngineId(words[0]), (long)words[1], position);
            for (var tier = 0; tier < HolderTag.Tiers; tier++) (standing.Held[tier], standing.Dropped[tier]) = ((long)words[5 + (2 * tier)], (long)words[6 + (2 * tier)]);
            engines.Add(standing);
        }

        return (statistics, engines);
    }
}
