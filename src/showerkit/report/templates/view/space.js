// Showers in space: every hit cell a box, its size and colour by its energy. Plot axes are (z, x, y).
const CORNERS = [[-1, -1, -1], [1, -1, -1], [1, 1, -1], [-1, 1, -1], [-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]];
const TRIANGLES = [[0, 2, 1], [0, 3, 2], [4, 5, 6], [4, 6, 7], [0, 1, 5], [0, 5, 4], [1, 2, 6], [1, 6, 5], [2, 3, 7], [2, 7, 6], [3, 0, 4], [3, 4, 7]];

// Hit cells of one event above a threshold, with their places in the detector.
function hits(file, event, thresholdMev) {
  const { start, cell, energy } = file.drawing;
  const { nx, ny, x, y, z, halfX, halfY, halfZ, own } = DATA.detector;
  const drawn = drawnHalfZ();
  const found = [];
  for (let n = start[event]; n < start[event + 1]; n += 1) {
    if (energy[n] <= thresholdMev) continue;
    const layer = Math.floor(cell[n] / (nx * ny));
    const rest = cell[n] - layer * nx * ny;
    const iy = Math.floor(rest / nx);
    const ix = rest % nx;
    const at = own ? [own.z, own.x, own.y].map((places) => places[cell[n]]) : [z[layer], x[ix], y[iy]];
    const half = own ? [own.halfZ, own.halfX, own.halfY].map((places) => places[cell[n]]) : [halfZ[layer], halfX, halfY];
    found.push({ layer, iy, ix, at, half, drawnHalfZ: Math.max(half[0], drawn[layer]), energy: energy[n] });
  }
  return found;
}

// Thin layers are drawn thicker than they are, so that their cells are seen from the side.
function drawnHalfZ() {
  const { z, halfZ, depth } = DATA.detector;
  const spacing = depth / z.length;
  return halfZ.map((half) => Math.max(half, 0.3 * spacing));
}

function boxes(found, scale) {
  const count = found.length;
  const corners = [0, 1, 2].map(() => new Float32Array(8 * count));
  const faces = [0, 1, 2].map(() => new Uint32Array(12 * count));
  const intensity = new Float32Array(8 * count);
  const text = new Array(8 * count);
  found.forEach((hit, n) => {
    const place = scale.place(hit.energy);
    const size = 0.3 + 0.7 * place;
    const centre = hit.at;
    const half = [hit.drawnHalfZ, hit.half[1], hit.half[2]].map((value) => size * value);
    const words = `${number(hit.energy)} MeV<br>layer ${hit.layer}, row ${hit.iy}, column ${hit.ix}`;
    CORNERS.forEach((corner, c) => {
      for (let k = 0; k < 3; k += 1) corners[k][8 * n + c] = centre[k] + corner[k] * half[k];
      intensity[8 * n + c] = place;
      text[8 * n + c] = words;
    });
    TRIANGLES.forEach((triangle, t) => {
      for (let k = 0; k < 3; k += 1) faces[k][12 * n + t] = 8 * n + triangle[k];
    });
  });
  return { type: "mesh3d", x: corners[0], y: corners[1], z: corners[2], i: faces[0], j: faces[1], k: faces[2], intensity, text, hoverinfo: "text", cmin: 0, cmax: 1, colorscale: COLOURS, showscale: false, flatshading: true, lighting: { ambient: 0.85, diffuse: 0.35, specular: 0.05, roughness: 0.9 }, lightposition: { x: -1000, y: -3000, z: 6000 } };
}

function limits() {
  const { x, y, halfX, halfY, depth, own } = DATA.detector;
  if (own) return [[0, depth], [-0.5 * own.width[0], 0.5 * own.width[0]], [-0.5 * own.width[1], 0.5 * own.width[1]]];
  return [[0, depth], [x[0] - halfX, x[x.length - 1] + halfX], [y[0] - halfY, y[y.length - 1] + halfY]];
}

// The part of the detector where the displayed showers are, in all files alike.
function nearLimits(showers) {
  const all = showers.flat();
  if (all.length === 0) return limits();
  // Cells with little energy far away do not count.
  const brightest = Math.max(...all.map((hit) => hit.energy));
  const close = all.filter((hit) => hit.energy >= 2e-3 * brightest);
  const range = (places, halves) => [Math.min(...places.map((p, n) => p - halves[n])), Math.max(...places.map((p, n) => p + halves[n]))];
  return [
    ...[0, 1, 2].map((k) => range(close.map((hit) => hit.at[k]), close.map((hit) => hit.half[k]))),
  ];
}

function frame() {
  const [[z0, z1], [x0, x1], [y0, y1]] = limits();
  const path = [[z0, x0, y0], [z1, x0, y0], [z1, x1, y0], [z0, x1, y0], [z0, x0, y0], [z0, x0, y1], [z1, x0, y1], [z1, x0, y0], null, [z1, x0, y1], [z1, x1, y1], [z1, x1, y0], null, [z1, x1, y1], [z0, x1, y1], [z0, x1, y0], null, [z0, x1, y1], [z0, x0, y1]];
  const column = (k) => path.map((point) => (point === null ? null : point[k]));
  return { type: "scatter3d", mode: "lines", x: column(0), y: column(1), z: column(2), line: { color: "#9aa5ad", width: 2 }, hoverinfo: "skip" };
}

// The line of flight: whole before the face, dashed inside.
function flight(file, event, bounds) {
  const entry = [file.drawing.entry[2 * event], file.drawing.entry[2 * event + 1]];
  const towards = [0, 1, 2].map((k) => file.drawing.direction[3 * event + k]);
  if (!entry.every(Number.isFinite) || !(towards[2] > 0)) return [];
  const at = (z) => [z, entry[0] + (towards[0] / towards[2]) * z, entry[1] + (towards[1] / towards[2]) * z];
  const depth = bounds[0][1];
  const line = (from, to, dash, width) => ({ type: "scatter3d", mode: "lines", x: [from[0], to[0]], y: [from[1], to[1]], z: [from[2], to[2]], line: { color: "#0a5c93", width, dash }, hoverinfo: "skip" });
  return [line(at(-0.2 * depth), at(0), "solid", 7), line(at(0), at(depth), "dash", 3)];
}

let camera = { eye: { x: -0.64, y: -1.52, z: 0.6 }, center: { x: 0, y: 0, z: -0.1 }, up: { x: 0, y: 0, z: 1 } };

function drawInSpace(plot, file, event, found, scale, near) {
  const bounds = near === null ? limits() : near;
  const spans = bounds.map(([low, high]) => high - low);
  spans[0] *= 1.2;
  // True proportions, except that a very flat or long detector is brought to 1 : 3.
  const longest = Math.max(...spans);
  const ratio = spans.map((span) => Math.max(span / longest, 1 / 3));
  const side = (title, k, low = bounds[k][0]) => ({ title: { text: title }, range: [low, bounds[k][1]], showbackground: true, backgroundcolor: "#fafbfc", gridcolor: "#e3e8eb", zeroline: false, showspikes: false, nticks: 6 });
  const scene = {
    xaxis: side("z [mm]", 0, bounds[0][0] - 0.2 * (bounds[0][1] - bounds[0][0])), yaxis: side("x [mm]", 1), zaxis: side("y [mm]", 2),
    aspectmode: "manual", aspectratio: { x: 1.4 * ratio[0], y: 1.4 * ratio[1], z: 1.4 * ratio[2] }, camera, dragmode: "orbit",
  };
  const traces = [boxes(found, scale), ...(near === null ? [frame()] : []), ...flight(file, event, near === null ? bounds : [[0, bounds[0][1]]])];
  return Plotly.react(plot, traces, { scene, margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false, font: { ...FONT, size: 12 }, uirevision: "one" }, PLOT_OPTIONS);
}
