// Pools and their endpoints.
import { h, bar, byId, follow, format, setClass, setText } from "./dom.js";
import { loadedAtStart, snapshotNow } from "./snapshots.js";

const COLUMNS = [
  ["Endpoint", ""], ["State", ""], ["Waiting", "number"], ["Running", "number"], ["KV cache", ""], ["In flight", "number"],
  ["Blocks held", "number"], ["Cursor", "number"], ["Lost", "number"], ["Predictions right", "number"], ["Trust", ""],
];
const TRUST_MARKS = { exact: "✓", mapped: "⇄", recovering: "↻", stale: "!", unverified: "?" };
const FILTER_FROM = 8;

export function showPools(pools) {
  const list = byId("pool-list");
  follow(list, pools, (pool) => `${pool.namespace}/${pool.name}`, createPool);
  let empty = list.querySelector(".empty");
  if (pools.length) empty?.remove();
  else if (!empty) list.append(h("p", { class: "card empty", text: "No InferencePool is known yet. Add one to the resource files." }));
}

function createPool(pool) {
  const facts = h("dl", { class: "facts" });
  const badge = h("span", { class: "badge" });
  const counts = h("span", { class: "muted" });
  const filter = h("input", { type: "search", placeholder: "Filter endpoints…", "aria-label": `Filter the endpoints of ${pool.name}`, hidden: true });
  const rows = h("tbody");
  const none = h("p", { class: "empty", text: "No pod matches the pool's selector." });
  const head = h("tr", {}, ...COLUMNS.map(([name, kind]) => h("th", { scope: "col", class: kind, text: name })));
  const table = h("table", {}, h("thead", {}, head), rows);
  const scroll = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Endpoints of ${pool.name}` }, table, none);
  const element = h("article", { class: "card pool" },
    h("header", {}, h("h3", { text: pool.name }), h("span", { class: "muted", text: pool.namespace }), badge, counts, filter), facts, scroll);

  let current = pool;
  filter.addEventListener("input", () => showEndpoints());

  function showEndpoints() {
    const wanted = filter.value.trim().toLowerCase();
    const shown = current.endpoints.filter((e) => !wanted || `${e.name} ${e.address} ${e.trust.state}`.toLowerCase().includes(wanted));
    follow(rows, shown, (e) => `${e.name} ${e.address}`, createEndpoint);
    table.hidden = !shown.length;
    none.hidden = !!shown.length;
    setText(none, current.endpoints.length ? "No endpoint matches the filter." : "No pod matches the pool's selector.");
  }

  element.update = (next) => {
    current = next;
    const ready = next.endpoints.filter((e) => e.ready).length;
    setText(badge, next.policy.mode === "off" ? "by load only" : next.policy.mode);
    setClass(badge, `badge ${next.policy.mode}`);
    setText(counts, `${ready} of ${next.endpoints.length} ready`);
    filter.hidden = next.endpoints.length < FILTER_FROM && !filter.value;
    follow(facts, factsOf(next), ([name]) => name, createFact);
    showEndpoints();
  };
  return element;
}

function factsOf({ policy, routing, scheme, schemeSource, index, snapshot }) {
  const { tokenProcessor: tokens, events, weights } = policy;
  const facts = [["Policy", policy.name ?? "default"]];
  if (!routing.precise) facts.push(["Routed by load", routing.cause]);
  if (tokens.model) facts.push(["Model", tokens.model]);
  if (scheme) facts.push(["Key scheme", schemeSource ? `${scheme} (${schemeSource})` : scheme]);
  if (policy.mode !== "off") {
    facts.push(["Block size", `${tokens.blockSize} tokens`], ["Hash seed", tokens.hashSeed ?? "unset"]);
    facts.push(["Events", events.mode === "connect" ? `connect to port ${events.port}` : "engines connect here"]);
  }
  facts.push(["Weights", Object.entries(weights).map(([name, weight]) => `${name} ${weight}`).join(" · ")]);
  facts.push(["Index", `${format.compact(index.blocks)} blocks, ${format.bytes(index.bytes)}`]);
  if (snapshot) facts.push(["Snapshot", ...snapshotNow(snapshot)]);
  if (snapshot?.loaded) facts.push(["At the start", ...loadedAtStart(snapshot.loaded)]);
  return facts;
}

function createFact([name]) {
  const value = h("span"), trouble = h("strong", { class: "trouble" });
  const element = h("div", {}, h("dt", { text: name }), h("dd", {}, value, trouble));
  element.update = ([, text, wrong = ""]) => {
    setText(value, text);
    setText(trouble, wrong);
  };
  return element;
}

function createEndpoint(endpoint) {
  const cell = (kind = "number") => h("td", { class: kind });
  const state = h("span", { class: "state" });
  const [waiting, running, inFlight, blocks, cursor, lost] = Array.from({ length: 6 }, () => cell());
  const usage = bar(`KV cache of ${endpoint.name}`), percent = h("span", { class: "beside" });
  const right = h("span"), sums = h("small"), misses = h("small");
  const ranks = h("small", { class: "ranks" }), trust = h("span", { class: "trust" }), cause = h("small", { class: "cause" });
  const element = h("tr", {},
    h("th", { scope: "row" }, h("span", { text: endpoint.name }), h("small", { text: endpoint.address }), ranks),
    h("td", {}, state), waiting, running, h("td", { class: "usage" }, usage, percent), inFlight, blocks, cursor, lost, h("td", { class: "number accuracy" }, right, sums, misses), h("td", {}, trust, cause));

  element.update = ({ ready, load, blocksHeld, cursor: at, lost: missing, predictions, ranks: cores, trust: { state: trusted, cause: why } }) => {
    setText(state, ready ? "ready" : "not ready");
    setClass(state, ready ? "state good" : "state bad");
    setText(waiting, load.waiting === null ? "–" : format.whole(load.waiting));
    setText(running, load.running === null ? "–" : format.whole(load.running));
    usage.show(load.kvCacheUsage ?? 0, load.kvCacheUsage > 0.9 ? "bad" : load.kvCacheUsage > 0.75 ? "warn" : "");
    setText(percent, load.kvCacheUsage === null ? "–" : format.percent(load.kvCacheUsage));
    setText(inFlight, load.inFlightRequests ? `${format.whole(load.inFlightRequests)} · ${format.compact(load.inFlightTokens)} tok` : "0");
    setText(blocks, format.whole(blocksHeld));
    setText(cursor, at < 0 ? "–" : format.whole(at));
    setText(lost, format.whole(missing));
    setClass(lost, missing > 0 ? "number bad" : "number");
    [right, sums, misses].forEach((line, i) => setText(line, accuracyOf(predictions)[i]));
    setText(trust, `${TRUST_MARKS[trusted] ?? ""} ${trusted}`);
    setClass(trust, `trust ${Object.hasOwn(TRUST_MARKS, trusted) ? trusted : ""}`);
    setText(cause, why);
    setText(ranks, (cores ?? []).map((core) => `rank ${core.rank}: ${format.compact(core.blocksHeld)} blocks, ${core.trust.state}`).join(" · "));
  };
  return element;
}

/** How often a prediction was right to the token, and the tokens behind it: predicted and cached, over and under. */
function accuracyOf(seen) {
  if (!seen) return ["–", "", ""];
  if (!seen.judged) return ["–", seen.unreported ? "cached tokens not reported" : "", ""];
  const tokens = format.compact;
  return [
    format.shareOfRight(seen.accuracy),
    `${tokens(seen.predictedTokens)} predicted · ${tokens(seen.reportedTokens)} cached`,
    `${tokens(seen.overTokens)} over · ${tokens(seen.underTokens)} under`,
  ];
}
