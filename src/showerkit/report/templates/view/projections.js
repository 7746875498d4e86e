// Showers on a plane: the cells of a single layer, or sums over the layers from the front and from the side.
function grid(rows, columns) {
  return Array.from({ length: rows }, () => new Array(columns).fill(0));
}

function heatmap(sums, x, y, scale, names, words) {
  const hit = sums.map((row) => row.map((energy) => (energy > 0 ? scale.place(energy) : null)));
  const text = sums.map((row) => row.map((energy) => (energy > 0 ? `${number(energy)} MeV` : "not hit")));
  return { type: "heatmap", x, y, z: hit, text, zmin: 0, zmax: 1, colorscale: COLOURS, showscale: false, xgap: 0.6, ygap: 0.6, hoverongaps: true, hovertemplate: `%{text}<br>${words}<extra></extra>`, ...names };
}

// Cells that are no regular grid: one coloured rectangle each, where it is; cells behind one another are added.
function rectangles(found, first, second, scale, names, words) {
  const sums = new Map();
  for (const hit of found) {
    const key = [hit.at[first], hit.at[second], hit.half[first], hit.half[second]].join();
    const known = sums.get(key) || { hit, energy: 0 };
    known.energy += hit.energy;
    sums.set(key, known);
  }
  const cells = [...sums.values()];
  const outline = ({ hit }) => {
    const [u, v, hu, hv] = [hit.at[first], hit.at[second], hit.half[first], hit.half[second]];
    return [[u - hu, v - hv], [u + hu, v - hv], [u + hu, v + hv], [u - hu, v + hv], [u - hu, v - hv]];
  };
  return cells.map((cell) => {
    const corners = outline(cell);
    return { type: "scatter", mode: "lines", fill: "toself", hoveron: "fills", line: { width: 0.6, color: "#fff" }, fillcolor: colourAt(scale.place(cell.energy)), x: corners.map((c) => c[0]), y: corners.map((c) => c[1]), text: `${number(cell.energy)} MeV, ${words(cell.hit)}`, hoverinfo: "text", ...names };
  });
}

// The colour of the colour scale at a place from 0 to 1.
function colourAt(place) {
  const rgb = (colour) => (colour.startsWith("#") ? [1, 3, 5].map((n) => parseInt(colour.slice(n, n + 2), 16)) : colour.match(/\d+/g).map(Number));
  const upper = Math.max(COLOURS.findIndex(([at]) => at >= place), 1);
  const [[low, from], [high, to]] = [COLOURS[upper - 1], COLOURS[upper]];
  const share = Math.min(Math.max((place - low) / (high - low), 0), 1);
  const [a, b] = [rgb(from), rgb(to)];
  return `rgb(${a.map((value, n) => Math.round(value + share * (b[n] - value))).join()})`;
}

function plane(title, range, more) {
  return axis(title, { range, showgrid: false, mirror: true, nticks: 7, ...more });
}

const FLAT = { margin: { l: 54, r: 10, t: 6, b: 44 }, showlegend: false, font: FONT, paper_bgcolor: "#fff", plot_bgcolor: "#eceff1", hovermode: "closest" };

// Where the line of flight crosses the face.
function entryMark(file, event, names) {
  const x = [file.drawing.entry[2 * event]];
  const y = [file.drawing.entry[2 * event + 1]];
  return { x, y, mode: "markers", marker: { symbol: "circle-open", size: 11, color: "#0a5c93", line: { width: 2.5 } }, hovertemplate: "line of flight<br>x %{x:.1f} mm, y %{y:.1f} mm<extra></extra>", ...names };
}

// Sums over the layers, seen along the beam.
function frontOf(found, scale, names) {
  const { nx, ny, x, y, own } = DATA.detector;
  if (own) return rectangles(found, 1, 2, scale, names, (hit) => `x ${hit.at[1].toFixed(1)} mm, y ${hit.at[2].toFixed(1)} mm`);
  const sums = grid(ny, nx);
  for (const hit of found) sums[hit.iy][hit.ix] += hit.energy;
  return [heatmap(sums, x, y, scale, names, "x %{x:.1f} mm, y %{y:.1f} mm")];
}

// Sums over the columns, seen from the side, layer by layer.
function sideOf(found, scale) {
  const { ny, layers, y, own } = DATA.detector;
  if (own) {
    const byLayer = found.map((hit) => ({ ...hit, at: [hit.layer, hit.at[1], hit.at[2]], half: [0.5, hit.half[1], hit.half[2]] }));
    return rectangles(byLayer, 0, 2, scale, {}, (hit) => `layer ${hit.layer}, y ${hit.at[2].toFixed(1)} mm`);
  }
  const side = grid(ny, layers);
  for (const hit of found) side[hit.iy][hit.layer] += hit.energy;
  const numbers = Array.from({ length: layers }, (_, n) => n);
  return [heatmap(side, numbers, y, scale, {}, "layer %{x}, y %{y:.1f} mm")];
}

function drawFront(plot, file, event, found, scale, near) {
  const [, inX, inY] = near === null ? limits() : near;
  const traces = [...frontOf(found, scale, {}), entryMark(file, event, {})];
  const layout = { ...FLAT, xaxis: plane("x [mm]", inX), yaxis: plane("y [mm]", inY, { scaleanchor: "x", constrain: "domain" }) };
  layout.xaxis.constrain = "domain";
  return Plotly.react(plot, traces, layout, PLOT_OPTIONS);
}

function drawProjections(plot, file, event, found, scale, near) {
  const { layers } = DATA.detector;
  const [, inX, inY] = near === null ? limits() : near;
  const traces = [
    ...sideOf(found, scale),
    ...frontOf(found, scale, { xaxis: "x2", yaxis: "y2" }),
    entryMark(file, event, { xaxis: "x2", yaxis: "y2" }),
  ];
  const layout = {
    ...FLAT,
    xaxis: plane("layer", [-0.5, layers - 0.5], { domain: [0, 0.46] }),
    yaxis: plane("y [mm]", inY),
    xaxis2: plane("x [mm]", inX, { domain: [0.56, 1] }),
    yaxis2: plane("", inY, { anchor: "x2", matches: "y" }),
  };
  return Plotly.react(plot, traces, layout, PLOT_OPTIONS);
}
