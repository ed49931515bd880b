// Asks the admin API once a second and shows what it says.
import { chart, linearScale, logScale, shareScale } from "./charts.js";
import { showDecisions } from "./decisions.js";
import { byId, follow, format, h, setClass, setText } from "./dom.js";
import { listenToForm, offerPools } from "./explain.js";
import { showPools } from "./pools.js";

const SECONDS = 300;
const WINDOW = 10;

let history = [];
let lastAnswer = null;

const sum = (points, of) => points.reduce((total, point) => total + of(point), 0);

/** The points of the last ten seconds up to one of them. */
const windowAt = (points, i) => points.slice(Math.max(0, i - WINDOW + 1), i + 1);

function hitRate(points) {
  const tokens = sum(points, (p) => p.tokens);
  return tokens ? sum(points, (p) => p.matchedTokens) / tokens : null;
}

const charts = [
  chart(byId("chart-hit"), {
    title: "Prefix hit rate",
    about: "Share of prompt tokens that the picked endpoint has cached, over ten seconds.",
    lines: [{ name: "hit", color: "c1", of: (points, i) => hitRate(windowAt(points, i)) }],
    scale: shareScale,
    text: format.percent,
  }),
  chart(byId("chart-time"), {
    title: "Decision time",
    about: "Time from a request's last byte to the decision, each second.",
    lines: [
      { name: "p50", color: "c2", of: (points, i) => points[i].p50Microseconds },
      { name: "p99", color: "c3", of: (points, i) => points[i].p99Microseconds },
    ],
    scale: logScale,
    text: format.micros,
  }),
  chart(byId("chart-rate"), {
    title: "Requests a second",
    about: "Requests given an endpoint, and refused, each second.",
    lines: [
      { name: "routed", color: "c1", of: (points, i) => points[i].picked },
      { name: "refused", color: "c4", of: (points, i) => points[i].refused },
    ],
    scale: linearScale,
    text: format.rate,
  }),
];

async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

async function refresh() {
  const since = history.at(-1)?.time ?? 0;
  const [node, pools, decisions, points] = await Promise.all([
    get("api/node"), get("api/pools"), get("api/decisions"), get(`api/history?since=${since}`),
  ]);
  // The server's clock rules: the browser's may differ.
  const now = points.at(-1)?.time ?? since;
  history = [...history, ...points].filter((point) => point.time > now - SECONDS);
  lastAnswer = new Date();
  showNode(node);
  showTiles(pools);
  for (const one of charts) one.draw(history, now);
  showPools(pools);
  offerPools(pools);
  showDecisions(decisions);
}

function showNode({ version, ready, notReady, resourceErrors }) {
  setText(byId("readiness"), ready ? "ready" : "not ready");
  setClass(byId("readiness"), ready ? "pill good" : "pill bad");
  setText(byId("freshness"), `version ${version}`);
  showAlerts([
    ...notReady.map((reason) => ({ level: "warn", title: "Not ready", text: reason })),
    ...resourceErrors.map(({ source, message, since }) => ({ level: "bad", title: source, text: message, note: `since ${format.clock(new Date(since))}; the last good version is in force` })),
  ]);
}

function showAlerts(alerts) {
  follow(byId("alerts"), alerts, ({ title, text }) => `${title}\n${text}`, ({ level, title, text, note }) => {
    const element = h("div", { class: `alert ${level}` }, h("strong", { text: title }), h("p", { text }), h("small", { text: note ?? "" }));
    element.update = () => {};
    return element;
  });
}

function showTiles(pools) {
  const recent = history.slice(-WINDOW);
  const minute = history.slice(-60);
  const rate = hitRate(minute);
  const endpoints = pools.flatMap((pool) => pool.endpoints);
  const times = history.findLast((point) => point.p50Microseconds !== null);
  const tiles = [
    ["Hit rate", rate === null ? "–" : format.percent(rate), "of prompt tokens, last minute"],
    ["Requests", `${format.rate(recent.length ? sum(recent, (p) => p.picked) / recent.length : 0)}/s`, "routed, last 10 s"],
    ["Decision", times ? format.micros(times.p50Microseconds) : "–", times ? `p99 ${format.micros(times.p99Microseconds)}` : "no request yet"],
    ["Endpoints", `${endpoints.filter((e) => e.ready).length} / ${endpoints.length}`, `ready, in ${pools.length} ${pools.length === 1 ? "pool" : "pools"}`],
    ["In flight", format.compact(sum(endpoints, (e) => e.load.inFlightRequests)), "requests sent by this node"],
    ["Blocks", format.compact(sum(pools, (pool) => pool.index.blocks)), `${format.bytes(sum(pools, (pool) => pool.index.bytes))} of index`],
  ];
  follow(byId("tiles"), tiles, ([name]) => name, ([name]) => {
    const value = h("dd", { class: "value" }), note = h("dd", { class: "muted" });
    const element = h("div", { class: "card tile" }, h("dt", { text: name }), value, note);
    element.update = ([, figure, about]) => {
      setText(value, figure);
      setText(note, about);
    };
    return element;
  });
}

function showSilence(failure) {
  setText(byId("readiness"), "no answer");
  setClass(byId("readiness"), "pill bad");
  const seen = lastAnswer ? `What follows is from ${format.clock(lastAnswer)}.` : "";
  showAlerts([{ level: "bad", title: "The router does not answer", text: `${failure.message}. ${seen}` }]);
}

async function loop() {
  if (!document.hidden) {
    try {
      await refresh();
    } catch (failure) {
      showSilence(failure);
    }
  }
  setTimeout(loop, 1000);
}

listenToForm();
loop();
