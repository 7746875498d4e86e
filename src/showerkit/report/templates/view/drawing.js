// How numbers are written and colours chosen, for all figures.
const FONT = { family: 'system-ui, "Segoe UI", Roboto, Arial, sans-serif', size: 13, color: "#1c2329" };
const PLOT_OPTIONS = { displaylogo: false, displayModeBar: false };
// From light to dark, so that on white faint cells look faint.
const COLOURS = [[0, "#fbe3a0"], [0.25, "#f9ae5d"], [0.5, "#e8604f"], [0.75, "#a02873"], [1, "#2a0a52"]];

function number(value, digits = 3) {
  if (!Number.isFinite(value)) return "n/a";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(digits - 1).replace("e+", "e");
  if (size >= 10 ** digits) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(digits)));
}

// A mean with as many decimals as its error has to two digits.
function withError(mean, error) {
  if (!Number.isFinite(mean)) return "n/a";
  if (!Number.isFinite(error) || error === 0) return number(mean, 4);
  const decimals = Math.max(0, Math.min(6, 1 - Math.floor(Math.log10(error))));
  return `${mean.toFixed(decimals)} ± ${error.toFixed(decimals)}`;
}

const withUnit = (label, unit) => (unit ? `${label} [${unit}]` : label);

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function swatch(colour) {
  return element("span", { class: "swatch", style: `--colour: ${colour}` });
}

// The scale of cell energies: the same for every event and file, so that colours can be compared.
function energyScale() {
  let high = 0;
  for (const file of FILES) for (const energy of file.drawing.energy) if (energy > high) high = energy;
  let low = DATA.thresholdMev;
  if (!(low > 0)) low = Math.max(high * 1e-4, 1e-6);
  if (!(high > low)) high = 10 * low;
  const top = Math.log10(high);
  const bottom = Math.log10(low);
  return { bottom, top, place: (energy) => Math.min(1, Math.max(0, (Math.log10(energy) - bottom) / (top - bottom))) };
}

function drawScale(scale, box) {
  const stops = COLOURS.map(([place, colour]) => `${colour} ${100 * place}%`).join(", ");
  const bar = element("div", { class: "bar", style: `background: linear-gradient(to right, ${stops})` });
  for (let power = Math.ceil(scale.bottom - 1e-9); power <= scale.top; power += 1) {
    const tick = element("span", { style: `left: ${100 * scale.place(10 ** power)}%` }, number(10 ** power));
    bar.append(tick);
  }
  box.replaceChildren("MeV per cell", bar);
  box.hidden = false;
}

// A figure keeps the size of its place, whatever changes that: the window, a phone that is turned, a zoom.
const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) if (target.data !== undefined && target.clientWidth > 0) Plotly.Plots.resize(target);
});

function axis(title, more = {}) {
  return { title: { text: title, font: { size: 13 } }, zeroline: false, showline: true, linecolor: "#5b6670", ticks: "outside", tickcolor: "#5b6670", gridcolor: "#edf0f2", ...more };
}
