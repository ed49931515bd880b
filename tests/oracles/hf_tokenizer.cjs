'use strict';
// Hugging Face tokenizers, asked over JSON lines: node hf_tokenizer.cjs TOKENIZER.JSON
//   {"encode": ["text", …], "special": false} → [[id, …], …]
//   {"decode": [[id, …], …]}                  → ["text", …]     (special tokens are kept)
//   {"nfc": ["text", …]}                      → ["text", …]
//   {"split": "regex", "texts": ["text", …]}  → [["word", …], …]
const readline = require('node:readline');
const { nfcNormalizer, Tokenizer } = require('@anush008/tokenizers');

const tokenizer = Tokenizer.fromFile(process.argv[2]);
const nfc = nfcNormalizer();

function splitter(regex) {
  return Tokenizer.fromString(JSON.stringify({
    version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer: null,
    pre_tokenizer: { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false },
    post_processor: null, decoder: null, model: { type: 'BPE', vocab: {}, merges: [] },
  })).getPreTokenizer();
}

async function answer(request) {
  if (request.encode) {
    const all = [];
    for (const text of request.encode) {
      all.push((await tokenizer.encode(text, null, { addSpecialTokens: request.special })).getIds());
    }
    return all;
  }
  if (request.decode) return Promise.all(request.decode.map((ids) => tokenizer.decode(ids, false)));
  if (request.nfc) return request.nfc.map((text) => nfc.normalizeString(text));
  const split = splitter(request.split);
  return request.texts.map((text) => split.preTokenizeString(text).map(([word]) => word));
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await answer(JSON.parse(line))));
  }
})();
