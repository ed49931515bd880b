// The form that asks how a request would be routed.
import { h, addressOf, bar, byId, follow, format } from "./dom.js";

const SAMPLE = { messages: [{ role: "system", content: "You are a helpful assistant." }, { role: "user", content: "What does a KV cache hold?" }] };
const KEYS_SHOWN = 200, TOKENS_SHOWN = 2000;

/** Offers the pools that there are. */
export function offerPools(pools) {
  follow(byId("explain-pool"), pools, (pool) => `${pool.namespace}/${pool.name}`, (pool) => {
    const option = h("option", { value: JSON.stringify([pool.namespace, pool.name]), text: pool.name });
    option.update = ({ policy }) => {
      const body = byId("explain-body");
      if (!body.value) body.value = JSON.stringify({ model: policy.tokenProcessor.model ?? "model", ...SAMPLE }, null, 2);
    };
    return option;
  });
}

export function listenToForm() {
  byId("explain-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const place = byId("explanation");
    const button = event.target.querySelector("button");
    button.disabled = true;
    place.setAttribute("aria-busy", "true");
    try {
      place.replaceChildren(...(await ask()));
    } catch (failure) {
      place.replaceChildren(problem({ title: "No answer", detail: failure.message }));
    } finally {
      button.disabled = false;
      place.removeAttribute("aria-busy");
    }
  });
}

async function ask() {
  const [namespace, name] = JSON.parse(byId("explain-pool").value || '["",""]');
  const query = new URLSearchParams({ path: byId("explain-path").value, tokens: byId("explain-tokens").checked, namespace });
  const response = await fetch(`api/pools/${encodeURIComponent(name)}/explain?${query}`, { method: "POST", body: byId("explain-body").value });
  const answer = await response.json();
  return response.ok ? explanation(answer) : [problem(answer)];
}

function problem({ title, detail, status, field }) {
  const where = field ? h("p", {}, "Field: ", h("code", { text: field })) : "";
  return h("div", { class: "alert bad", role: "alert" }, h("strong", { text: status ? `${status} ${title}` : title }), h("p", { text: detail }), where);
}

function explanation(result) {
  const blocks = result.blockKeys.length;
  const best = Math.max(0, ...result.endpoints.map((e) => e.matchedBlocks));
  const facts = [
    ["Model", result.model], ["Tokens", format.whole(result.tokenCount)],
    ["Blocks", `${format.whole(blocks)} of ${result.blockSize} tokens`], ["Key scheme", result.scheme],
    ["Longest prefix held", `${best} of ${blocks} blocks`], ["Picked", result.picked ?? "none ready"],
  ];
  const parts = [
    h("dl", { class: "facts" }, ...facts.map(([name, value]) => h("div", {}, h("dt", { text: name }), h("dd", { text: value })))),
    endpointTable(result, blocks),
    details(`Block keys (${blocks})`, h("ol", { class: "keys" }, ...result.blockKeys.slice(0, KEYS_SHOWN).map((key) => h("li", { text: key }))), blocks - KEYS_SHOWN),
  ];
  if (result.tokenIds) parts.push(details(`Token ids (${result.tokenIds.length})`, h("p", { class: "tokens", text: result.tokenIds.slice(0, TOKENS_SHOWN).join(" ") }), result.tokenIds.length - TOKENS_SHOWN));
  return parts;
}

function endpointTable(result, blocks) {
  const names = [...new Set(result.endpoints.flatMap((e) => Object.keys(e.scores)))];
  const head = h("tr", {}, h("th", { scope: "col", text: "Endpoint" }), h("th", { scope: "col", text: "Prefix held" }),
    ...names.map((name) => h("th", { scope: "col", class: "number", text: name })), h("th", { scope: "col", class: "number", text: "Score" }));
  const rows = result.endpoints.map((endpoint) => {
    const held = bar(`Prefix held by ${endpoint.name}`);
    held.show(blocks ? endpoint.matchedBlocks / blocks : 0);
    const picked = endpoint.address === result.picked;
    return h("tr", { class: picked ? "picked" : "" },
      h("th", { scope: "row" }, h("span", { text: picked ? `${endpoint.name} ← picked` : endpoint.name }), h("small", { text: addressOf(endpoint.address, endpoint.rank) })),
      h("td", { class: "usage" }, held, h("span", { class: "beside", text: `${endpoint.matchedBlocks} blocks · ${format.whole(endpoint.matchedTokens)} tok` })),
      ...names.map((name) => h("td", { class: "number", text: endpoint.scores[name]?.toFixed(3) ?? "–" })),
      h("td", { class: "number strong", text: endpoint.score.toFixed(3) }));
  });
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Scores" }, h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows)));
}

function details(title, content, left) {
  const more = left > 0 ? h("p", { class: "muted", text: `and ${format.whole(left)} more` }) : "";
  return h("details", {}, h("summary", { text: title }), content, more);
}
