// The events that the page holds: decoded, selected, and matched between files.
const ARRAYS = { f4: Float32Array, u1: Uint8Array, u2: Uint16Array, u4: Uint32Array };

function decode(code) {
  const text = atob(code.base64);
  const bytes = new Uint8Array(text.length);
  for (let n = 0; n < text.length; n += 1) bytes[n] = text.charCodeAt(n);
  return new ARRAYS[code.type](bytes.buffer);
}

const isCode = (value) => value !== null && typeof value === "object" && "base64" in value;

function decodeAll(values) {
  if (isCode(values)) return decode(values);
  if (values === null || typeof values !== "object" || Array.isArray(values)) return values;
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, decodeAll(value)]));
}

const DATA = JSON.parse(document.getElementById("data").textContent);
const FILES = DATA.files.map((file) => ({ ...file, ...decodeAll({ sample: file.sample, shown: file.shown, drawing: file.drawing }) }));

// Numbers of the events of a table whose energy and category are selected.
function selected(table, selection) {
  const chosen = [];
  for (let n = 0; n < table.n; n += 1) {
    const inside = table.energy[n] >= selection.low && table.energy[n] <= selection.high;
    if (inside && (selection.category < 0 || table.category[n] === selection.category)) chosen.push(n);
  }
  return chosen;
}

function energyLimits() {
  let low = Infinity;
  let high = -Infinity;
  for (const file of FILES) {
    for (const table of [file.sample, file.shown]) {
      for (const energy of table.energy) {
        if (energy < low) low = energy;
        if (energy > high) high = energy;
      }
    }
  }
  return { low, high };
}

// The event of another file to stand beside one of the first file: the same one, or the nearest in energy.
function partner(file, event) {
  const first = FILES[0];
  const energy = first.shown.energy[event];
  const category = first.shown.category[event];
  let best = -1;
  let distance = Infinity;
  for (let n = 0; n < file.shown.n; n += 1) {
    const other = file.shown.energy[n];
    const kind = file.shown.category[n] === category;
    if (kind && other === energy && file.eventId[n] === first.eventId[event]) return { event: n, same: true };
    // Another kind of particle stands behind every one of the same kind.
    const away = Math.abs(Math.log((other + 1e-9) / (energy + 1e-9))) + (kind ? 0 : 1e6);
    if (away < distance) [best, distance] = [n, away];
  }
  return { event: best, same: false };
}
