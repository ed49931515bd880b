// Building and changing the page. All text goes in as text nodes: names come from clusters and clients, not from us.

const SVG = "http://www.w3.org/2000/svg";

/** Makes an element: attributes by name, `class` and `text` included; children are nodes or strings. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** An endpoint's address, with the data-parallel rank behind it where one is named. */
export const addressOf = (address, rank) => (rank === undefined ? address : `${address} rank ${rank}`);

export const byId = (id) => document.getElementById(id);

/** Sets a text only when it changes, so that a selection and a screen reader's place survive the refresh. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setClass(element, name) {
  if (element.className !== name) element.className = name;
}

/**
 * Makes the children of a parent follow a list: one element for each item, kept by key from refresh to refresh.
 * `create(item)` returns an element with an `update(item)` function.
 */
export function follow(parent, items, keyOf, create) {
  const known = (parent.followed ??= new Map());
  const keys = new Set();
  let position = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    if (keys.has(key)) continue;
    keys.add(key);
    let element = known.get(key);
    if (!element) known.set(key, (element = create(item)));
    element.update(item);
    if (element === position) position = position.nextElementSibling;
    else parent.insertBefore(element, position);
  }
  for (const [key, element] of known) {
    if (keys.has(key)) continue;
    element.remove();
    known.delete(key);
  }
}

/** A bar that shows a share from 0 to 1. */
export function bar(label) {
  const part = h("i");
  const element = h("span", { class: "bar", role: "meter", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100 }, part);
  element.show = (share, level = "") => {
    const percent = Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10;
    part.style.width = `${percent}%`;
    setClass(part, level);
    element.setAttribute("aria-valuenow", percent);
  };
  return element;
}

const whole = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

const short = (n, digits = 3) => Number(n.toPrecision(digits));

export const format = {
  whole: (n) => whole.format(n),
  compact: (n) => (Math.abs(n) < 10_000 ? whole.format(n) : compact.format(n)),
  percent: (share) => `${(share * 100).toFixed(share > 0 && share < 0.0995 ? 1 : 0)} %`,
  /** Rounded down, so that only what is all right shows as 100 %. */
  shareOfRight: (share) => `${Math.floor(share * 1000) / 10} %`,
  rate: (n) => (n < 10 ? String(short(n, 2)) : compact.format(n)),
  micros: (us) => {
    if (us === null || us === undefined) return "–";
    if (us < 1000) return `${short(us)} µs`;
    return us < 1e6 ? `${short(us / 1000)} ms` : `${short(us / 1e6)} s`;
  },
  bytes: (n) => {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    const power = n > 0 ? Math.min(units.length - 1, Math.floor(Math.log2(n) / 10)) : 0;
    return `${(n / 2 ** (10 * power)).toFixed(power ? 1 : 0)} ${units[power]}`;
  },
  age: (seconds) => {
    if (seconds < 120) return `${short(seconds, 2)} s`;
    return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
  },
  clock: (date) => date.toLocaleTimeString([], { hour12: false }),
};
