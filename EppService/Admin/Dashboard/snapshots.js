// What is said of a pool's snapshots: a text, and what is wrong, empty where nothing is.
import { format } from "./dom.js";

const engines = (n) => `${format.whole(n)} ${n === 1 ? "engine" : "engines"}`;

/** The last one: when, how much, how long it took; and failures since the start. */
export function snapshotNow({ generation, ageSeconds, blocks, bytes, tookSeconds, intervalSeconds, failures, fault }) {
  const parts = [];
  if (ageSeconds === null) parts.push("none yet");
  else {
    parts.push(`no. ${format.whole(generation ?? 0)}, ${format.age(ageSeconds)} ago`);
    if (blocks !== null) parts.push(`${format.compact(blocks)} blocks`);
    if (bytes) parts.push(`${format.bytes(bytes)} kept`);
    if (tookSeconds !== null) parts.push(`took ${format.micros(tookSeconds * 1e6)}`);
  }
  parts.push(`every ${format.age(intervalSeconds)}`);
  const failed = failures ? `${format.whole(failures)} failed` : "";
  return [parts.join(" · "), [failed, fault ?? ""].filter(Boolean).join(": ")];
}

/** What was found when the router started, and which snapshots could not be used. */
export function loadedAtStart({ generation, takenAt, resumed, dropped, setAside, tookSeconds }) {
  const text = generation === null
    ? "no snapshot to go on from"
    : `no. ${format.whole(generation)} of ${format.clock(new Date(takenAt))} loaded in ${format.micros(tookSeconds * 1e6)} · ${engines(resumed)} resumed${dropped ? `, ${format.whole(dropped)} dropped` : ""}`;
  return [text, setAside.length ? `set aside: ${setAside.join("; ")}` : ""];
}
