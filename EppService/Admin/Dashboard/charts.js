// Line charts over the last five minutes, drawn as SVG.
import { h, svg, setText, format } from "./dom.js";

const HEIGHT = 170, LEFT = 52, RIGHT = 8, TOP = 10, BOTTOM = 22, SECONDS = 300;
const y = (share) => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);

/**
 * @param figure where to draw
 * @param options.title, options.lines [{name, color, of(points, i) → number | null}],
 *   options.scale(max) → {of(value) → share, ticks: [value]}, options.text(value), options.about: one sentence
 */
export function chart(figure, { title, about, lines, scale, text }) {
  const drawing = svg("svg", { role: "img", height: HEIGHT });
  const grid = svg("g", { class: "grid" });
  const paths = lines.map(({ color }) => ({
    area: svg("path", { class: `area ${color}` }),
    line: svg("path", { class: `line ${color}` }),
    dot: svg("circle", { class: `dot ${color}`, r: 3.5, visibility: "hidden" }),
  }));
  const cursor = svg("line", { class: "cursor", y1: TOP, y2: HEIGHT - BOTTOM, visibility: "hidden" });
  const values = lines.map(({ name, color }) => h("b", { class: color }));
  const readout = h("p", { class: "readout" }, ...lines.flatMap(({ name }, i) => [h("span", { class: `key ${lines[i].color}` }), `${name} `, values[i], " "]));
  const when = h("span", { class: "muted" });
  drawing.append(grid, ...paths.flatMap((p) => [p.area, p.line]), cursor, ...paths.map((p) => p.dot));
  figure.append(h("figcaption", {}, h("h3", { text: title, title: about }), readout, when), drawing);

  let shown = { points: [], now: 0, series: [], scale: scale(0) };
  let pointer = null;
  let width = 480;
  const x = (age) => LEFT + (1 - age / SECONDS) * (width - LEFT - RIGHT);

  new ResizeObserver(([{ contentRect }]) => {
    width = Math.max(200, contentRect.width);
    draw(shown.points, shown.now);
  }).observe(drawing);
  drawing.addEventListener("pointermove", (event) => {
    pointer = event.clientX - drawing.getBoundingClientRect().left;
    point();
  });
  drawing.addEventListener("pointerleave", () => {
    pointer = null;
    point();
  });

  function draw(points, now) {
    const series = lines.map(({ of }) => points.map((_, i) => of(points, i)));
    const known = series.flat().filter((v) => v !== null);
    const fitted = scale(known.length ? Math.max(...known) : 0, known.length ? Math.min(...known) : 0);
    shown = { points, now, series, scale: fitted };
    drawGrid(fitted);
    series.forEach((numbers, n) => {
      const runs = segments(numbers.map((v, i) => (v === null ? null : [x(now - points[i].time), y(fitted.of(v))])));
      paths[n].line.setAttribute("d", runs.map((run) => `M${run.map((p) => p.map((c) => c.toFixed(1)).join(" ")).join("L")}`).join(""));
      paths[n].area.setAttribute("d", n > 0 ? "" : runs.map(areaOf).join(""));
    });
    point();
  }

  function drawGrid({ of, ticks }) {
    grid.replaceChildren(
      ...ticks.flatMap((tick) => [
        svg("line", { x1: LEFT, x2: width - RIGHT, y1: y(of(tick)), y2: y(of(tick)) }),
        svg("text", { x: LEFT - 6, y: y(of(tick)) + 4, "text-anchor": "end", text: text(tick) }),
      ]),
      ...(width < 400 ? [240, 120, 0] : [240, 180, 120, 60, 0]).map((age) =>
        svg("text", { x: x(age), y: HEIGHT - 6, "text-anchor": age ? "middle" : "end", text: age ? `−${age / 60} min` : "now" })),
    );
  }

  /** Shows the values under the pointer, or the newest ones. */
  function point() {
    const { points, now, series, scale: fitted } = shown;
    let index = points.length - 1;
    if (pointer !== null && points.length) {
      const time = now - (1 - (pointer - LEFT) / (width - LEFT - RIGHT)) * SECONDS;
      index = points.reduce((best, p, i) => (Math.abs(p.time - time) < Math.abs(points[best].time - time) ? i : best), 0);
    }
    const hovering = pointer !== null && index >= 0;
    if (hovering) for (const end of ["x1", "x2"]) cursor.setAttribute(end, x(now - points[index].time));
    cursor.setAttribute("visibility", hovering ? "visible" : "hidden");
    setText(when, hovering ? format.clock(new Date(points[index].time * 1000)) : "");
    series.forEach((numbers, n) => {
      const value = index >= 0 ? numbers[index] : null;
      setText(values[n], value === null ? "–" : text(value));
      paths[n].dot.setAttribute("visibility", hovering && value !== null ? "visible" : "hidden");
      if (hovering && value !== null) {
        paths[n].dot.setAttribute("cx", x(now - points[index].time));
        paths[n].dot.setAttribute("cy", y(fitted.of(value)));
      }
    });
    if (!hovering) drawing.setAttribute("aria-label", `${about} Now: ${lines.map(({ name }, n) => `${name} ${values[n].textContent}`).join(", ")}.`);
  }

  draw([], 0);
  return { draw };
}

/** Cuts a line where values are missing. */
function segments(dots) {
  const runs = [];
  let run = null;
  for (const dot of dots) {
    if (!dot) run = null;
    else if (run) run.push(dot);
    else runs.push((run = [dot]));
  }
  return runs;
}

function areaOf(run) {
  const base = y(0).toFixed(1);
  return `M${run[0][0].toFixed(1)} ${base}L${run.map((p) => p.map((c) => c.toFixed(1)).join(" ")).join("L")}L${run.at(-1)[0].toFixed(1)} ${base}Z`;
}

/** From 0 to 1. */
export const shareScale = () => ({ of: (v) => v, ticks: [0, 0.25, 0.5, 0.75, 1] });

/** From 0 to a round number above the largest value. */
export function linearScale(max) {
  const power = 10 ** Math.floor(Math.log10(Math.max(max, 1)));
  const top = power * [1, 2, 4, 5, 10].find((step) => step * power >= max);
  return { of: (v) => v / top, ticks: [0, top / 2, top] };
}

/** Powers of ten around the values: a spike must not flatten the rest. */
export function logScale(max, min = 0) {
  const low = Math.floor(Math.log10(Math.max(min, 10)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(max, 10))));
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return { of: (v) => Math.min(1, Math.max(0, (Math.log10(Math.max(v, 1)) - low) / (high - low))), ticks };
}
