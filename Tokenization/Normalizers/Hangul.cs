namespace OrleansKvRouter.Tokenization.Normalizers;

/// <summary>Hangul syllables, which decompose and compose by arithmetic (The Unicode Standard, section 3.12).</summary>
internal static class Hangul
{
    public const int LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7, SyllableBase = 0xAC00;
    public const int Leads = 19, Vowels = 21, Trails = 28;

    public static bool IsSyllable(int codePoint) => (uint)(codePoint - SyllableBase) < Leads * Vowels * Trails;

    /// <summary>Writes the two or three jamo of a syllable; returns how many.</summary>
    public static int Decompose(int syllable, Span<int> jamo)
    {
        var index = syllable - SyllableBase;
        jamo[0] = LeadBase + index / (Vowels * Trails);
        jamo[1] = VowelBase + index % (Vowels * Trails) / Trails;
        jamo[2] = TrailBase + index % Trails;
        return jamo[2] == TrailBase ? 2 : 3;
    }

    /// <summary>The syllable of a lead and a vowel, or of a syllable without a trail and a trail; -1 for anything else.</summary>
    public static int Compose(int first, int second)
    {
        if ((uint)(first - LeadBase) < Leads && (uint)(second - VowelBase) < Vowels)
        {
            return SyllableBase + ((first - LeadBase) * Vowels + second - VowelBase) * Trails;
        }

        var trail = second - TrailBase;
        return IsSyllable(first) && (first - SyllableBase) % Trails == 0 && trail is > 0 and < Trails ? first + trail : -1;
    }
}
