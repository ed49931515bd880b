namespace OrleansKvRouter.Tests.Tokenization.Texts;

/// <summary>What generated texts are made of.</summary>
internal static class Material
{
    public static readonly string[] English =
    [
        "the", "The", "of", "router", "request", "goes", "engine", "holds", "longest", "prefix", "tokenization", "Supercalifragilistic", "HTTP", "iPhone",
        "rock'n'roll", "don't", "we'll", "they've", "I'm", "she'd", "you're", "O'Neill", "e.g.", "co-operate", "naïve", "café", "\"quoted\"", "$3.50", "100%", "user@example.com",
    ];

    public static readonly string[] European =
    [
        "Straße", "Größe", "œuvre", "garçon", "mañana", "¿Cómo", "está?", "São", "não", "įmonė", "Žluťoučký", "kůň", "İstanbul", "ışık", "Ελλάδα", "ὁ", "ἄνθρωπος", "Việt", "Nam", "Tiếng", "ﬁn", "ǅ", "ſie", "ŉ",
    ];

    public static readonly string[] Cyrillic = ["Привет", "мир", "Кэш", "ёлка", "и\u0306", "Україна", "ї", "Ѣ", "Ӂ", "токен", "«да»", "№", "ҚАЗАҚ"];

    public static readonly string[] RightToLeft =
    [
        "السلام", "عليكم", "مُحَمَّد", "ـــ", "شَدَّة\u0651\u064E", "١٢٣", "لا", "ﷺ", "שָׁלוֹם", "עולם", "שּׁ", "בְּרֵאשִׁית", "״", "\u200F", "\u202B", "ییی", "۴۵۶",
    ];

    public static readonly string[] Indic =
    [
        "नमस्ते", "दुनिया", "क़", "क\u093C", "ऩ", "१२३", "বাংলা", "কো", "ক\u09C7\u09BE", "தமிழ்", "கொ", "தெலుగు", "ಕೊ", "മലയാളം", "සිංහල", "ภาษาไทย", "น้ำ", "กำ", "ลาว", "བོད", "ཀྵ", "မြန်မာ", "ខ្មែរ",
    ];

    public static readonly string[] EastAsian =
    [
        "你好", "世界", "，", "。", "缓存前缀", "路由器", "中文字符", "漢字", "かな", "カタカナ", "ｶﾞ", "が", "か\u3099", "ー", "「」", "\u3000", "一二三", "Ⅷ", "㎏", "豈", "\uFA0E", "𠮷", "\U0002F800", "ㄅㄆㄇ", "１２３", "ＡＢＣ", "～", "〇",
    ];

    public static readonly string[] Korean = ["안녕", "하세요", "한국어", "\u1112\u1161\u11AB", "\u1100\u1161", "\u1161", "\u11A8", "각", "가\u11A8", "ㅎㅎㅎ", "ㅋ", "\uAC01\u11A8", "\u1112\u1175\u11C2", "\uA960\u1161"];

    public static readonly string[] Code =
    [
        "if (x == 0) { return; }", "def f(a, *, b=None):", "    return a**b  # power", "for (int i = 0; i < n; ++i)", "#include <stdio.h>", "<div class=\"row\">\t</div>", "x |= 0xFF << 3;",
        "SELECT * FROM t WHERE id IN (1,2,3);", "{\"key\": [1, 2.5e-3, null]}", "https://example.com/a?b=c&d=%20e#f", "a->b::c(&*d);", "//////", "/* ===== */", "\t\t}", "}}}", "λx. x", "print(f'{x!r:>10}')", "$ rm -rf ./*", "C:\\temp\\x",
    ];

    public static readonly string[] Emoji =
    [
        "😀", "👋🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "❤️", "☺", "1️⃣", "🫠", "🫨", "🧑🏿‍🚀", "©", "™", "→", "∑", "½", "②", "\u200D", "\uFE0F", "🀄", "🅰", "\U0001FAE9",
    ];

    public static readonly string[] Combining =
    [
        "e\u0301", "e\u0323\u0301", "e\u0301\u0323", "a\u030A", "\u212B", "o\u0302\u0301", "s\u0307\u0323", "\u1E9B\u0323", "\u0301", "\u0344", "\u0340", "q\u0307\u0323", "x\u0315\u0300\u05AE\u0316\u0062",
        "\u0F73", "\u0F71\u0F72", "\u0F81", "\u1D15E", "\U0001D15E", "\U0001D158\U0001D165", "\U000110A5\U000110BA", "\U00011131\U00011127", "\U00011935\U00011930", "\u0CC6\u0CC2\u0CD5", "\u0DD9\u0DCF\u0DCA", "\u2126", "\u212A", "ﬀ", "\u1ABF", "\U0001E2AE", "\u0898",
    ];

    public static readonly string[] WhiteSpace =
    [
        " ", "  ", "   ", "\t", "\n", "\r\n", "\r", "\n\n", " \n ", "\u00A0", "\u3000", "\u2003", "\u2028", "\u2029", "\u0085", "\u000B", "\f", "\u1680", "\u202F", "\u205F", "\u200B", "\uFEFF", "\u180E", "\n \t\n", " \r\n  ", "x", " x", "!", " !\n", "1",
    ];

    public static readonly string[] Numbers = ["0", "7", "42", "1234567890", "3.14159", "1,000,000", "٣٤", "२", "Ⅻ", "½", "²", "①", "1e10", "0b1010", "-5", "\U0001D7D8", "〇", "௧"];

    public static readonly string[] SpecialTokens =
    [
        "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<think>", "</think>", "<tool_call>", "</tool_call>", "<|vision_pad|>", "<|im_start", "|>", "<", "<|", "<|im_start|", "<<|im_end|>>", "<|IM_END|>", " ", "\n", "user", "<tool_response>", "é", "<\u0338",
    ];

    public static readonly string[] Contractions =
    [
        "'s", "'S", "'t", "'T", "'re", "'RE", "'Re", "'rE", "'ve", "'VE", "'m", "'M", "'ll", "'LL", "'lL", "'d", "'D", "'\u017F", "'x", "'", "''", "’s", "it", "We", " ", "'l", "'r", "'v", "'e", "'\u0131", "'\u212A", "S", "ß", "'ﬆ", "'s\u0301", "'\n", "'1",
    ];

    public static readonly string[] Control =
    [
        "\0", "\u0001", "\u0007", "\b", "\u001B[0m", "\u007F", "\u0080", "\u009F", "\u00AD", "\u061C", "\u2060", "\u2066", "\uFFF9", "\uFFFD", "\uFFFE", "\uFFFF", "\U0001FFFE", "\U000E0001", "\U000E0041", "\U0010FFFF", "\uE000", "\uD800", "\uDC00", "a", "\uDBFFx",
    ];
}
