'use strict';
// Writes the canonical decompositions and combining classes that Hugging Face tokenizers normalize with, found by
// asking its NFD and NFC normalizers about every code point. The output is Tokenization/Normalizers/canonical.txt:
//   node tests/oracles/unicode_normalization.cjs > Tokenization/Normalizers/canonical.txt
const { nfcNormalizer, nfdNormalizer } = require('@anush008/tokenizers');

const nfc = nfcNormalizer();
const nfd = nfdNormalizer();
const hex = (s) => [...s].map((c) => c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')).join(' ');
// One mark of every canonical combining class; class 6 came with Unicode 13, which these normalizers do not know.
const marks = {
  1: 0x334, 7: 0x93c, 8: 0x3099, 9: 0x94d, 10: 0x5b0, 11: 0x5b1, 12: 0x5b2, 13: 0x5b3, 14: 0x5b4, 15: 0x5b5,
  16: 0x5b6, 17: 0x5b7, 18: 0x5b8, 19: 0x5b9, 20: 0x5bb, 21: 0x5bc, 22: 0x5bd, 23: 0x5bf, 24: 0x5c1, 25: 0x5c2,
  26: 0xfb1e, 27: 0x64b, 28: 0x64c, 29: 0x64d, 30: 0x64e, 31: 0x64f, 32: 0x650, 33: 0x651, 34: 0x652, 35: 0x670,
  36: 0x711, 84: 0xc55, 91: 0xc56, 103: 0xe38, 107: 0xe48, 118: 0xeb8, 122: 0xec8, 129: 0xf71, 130: 0xf72, 132: 0xf74,
  202: 0x321, 214: 0x1dce, 216: 0x31b, 218: 0x302a, 220: 0x316, 222: 0x59a, 224: 0x302e, 226: 0x1d16d, 228: 0x5ae,
  230: 0x301, 232: 0x315, 233: 0x35c, 234: 0x35d, 240: 0x345,
};
const swaps = (first, second) => first !== second && nfd.normalizeString(first + second) === second + first;

function combiningClass(c) {
  const low = String.fromCodePoint(marks[1]);
  const high = String.fromCodePoint(marks[240]);
  if (!swaps(c, low) && !swaps(high, c)) {
    return c === low ? 1 : c === high ? 240 : 0;
  }
  const equal = Object.entries(marks).filter(([, m]) => {
    const mark = String.fromCodePoint(m);
    return !swaps(c, mark) && !swaps(mark, c);
  });
  if (equal.length !== 1) throw new Error(`${hex(c)} fits classes ${equal.map(([k]) => k)}`);
  return Number(equal[0][0]);
}

const lines = [
  '# Canonical combining classes ("first last class") and full canonical decompositions ("code = decomposition", with',
  '# "<" in place of "=" where the code is excluded from composition), Hangul syllables left out.',
  '# Written by tests/oracles/unicode_normalization.cjs from what Hugging Face tokenizers answers.',
];
let run = null;
for (let cp = 0; cp < 0x110000; cp++) {
  if (cp >= 0xd800 && cp < 0xe000) continue;
  const c = String.fromCodePoint(cp);
  const ccc = nfd.normalizeString(c) === c ? combiningClass(c) : 0;
  if (run && (run.ccc !== ccc || run.last !== cp - 1)) {
    lines.push(`${run.first.toString(16).toUpperCase().padStart(4, '0')} ${run.last.toString(16).toUpperCase().padStart(4, '0')} ${run.ccc}`);
    run = null;
  }
  if (ccc && !run) run = { first: cp, ccc };
  if (run) run.last = cp;
}
for (let cp = 0; cp < 0x110000; cp++) {
  if ((cp >= 0xd800 && cp < 0xe000) || (cp >= 0xac00 && cp <= 0xd7a3)) continue;
  const c = String.fromCodePoint(cp);
  const d = nfd.normalizeString(c);
  if (d !== c) lines.push(`${hex(c)} ${nfc.normalizeString(c) === c ? '=' : '<'} ${hex(d)}`);
}
console.log(lines.join('\n'));
