// The last decisions.
import { h, addressOf, bar, byId, follow, format } from "./dom.js";

const SHOWN = 50;

export function showDecisions(decisions) {
  const shown = decisions.slice(0, SHOWN);
  byId("no-decisions").hidden = shown.length > 0;
  follow(byId("decision-rows"), shown, ({ requestId, time }) => `${requestId} ${time}`, createRow);
}

/** A decision does not change any more: its row is written once. */
function createRow({ time, requestId, model, pool, endpoint, address, rank, tokens, matchedTokens, decisionMicroseconds, status }) {
  const cached = bar("Prompt tokens cached");
  cached.show(tokens ? matchedTokens / tokens : 0);
  const element = h("tr", {},
    h("td", { class: "time", text: format.clock(new Date(time)) }),
    h("td", { class: "id", text: requestId, title: requestId }),
    h("td", { class: "id", text: model || "–", title: model }),
    h("td", { text: pool || "–" }),
    h("td", {}, h("span", { text: endpoint || "–" }), h("small", { text: addressOf(address, rank) })),
    h("td", { class: "number", text: tokens ? format.whole(tokens) : "–" }),
    h("td", { class: "usage" }, cached, h("span", { class: "beside", text: tokens ? `${format.whole(matchedTokens)} · ${format.percent(matchedTokens / tokens)}` : "–" })),
    h("td", { class: "number", text: format.micros(decisionMicroseconds) }),
    h("td", { class: status === 200 ? "number" : "number bad", text: String(status) }));
  element.update = () => {};
  return element;
}
