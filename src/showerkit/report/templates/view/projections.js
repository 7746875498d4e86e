// Showers on a plane: the cells of a single layer, or sums over the layers from the front and from the side.
function grid(rows, columns) {
  return Array.from({ length: rows }, () => new Array(columns).fill(0));
}

function heatmap(sums, x, y, scale, names, words) {
  const hit = sums.map((row) => row.map((energy) => (energy > 0 ? scale.place(energy) : null)));
  const text = sums.map((row) => row.map((energy) => (energy > 0 ? `${number(energy)} MeV` : "not hit")));
  return { type: "heatmap", x, y, z: hit, text, zmin: 0, zmax: 1, colorscale: COLOURS, showscale: false, xgap: 0.6, ygap: 0.6, hoverongaps: true, hovertemplate: `%{text}<br>${words}<extra></extra>`, ...names };
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

function drawFront(plot, file, event, found, scale, near) {
  const { nx, ny, x, y } = DATA.detector;
  const sums = grid(ny, nx);
  for (const hit of found) sums[hit.iy][hit.ix] += hit.energy;
  const [, inX, inY] = near === null ? limits() : near;
  const traces = [heatmap(sums, x, y, scale, {}, "x %{x:.1f} mm, y %{y:.1f} mm"), entryMark(file, event, {})];
  const layout = { ...FLAT, xaxis: plane("x [mm]", inX), yaxis: plane("y [mm]", inY, { scaleanchor: "x", constrain: "domain" }) };
  layout.xaxis.constrain = "domain";
  return Plotly.react(plot, traces, layout, PLOT_OPTIONS);
}

function drawProjections(plot, file, event, found, scale, near) {
  const { nx, ny, layers, x, y } = DATA.detector;
  const front = grid(ny, nx);
  const side = grid(ny, layers);
  for (const hit of found) {
    front[hit.iy][hit.ix] += hit.energy;
    side[hit.iy][hit.layer] += hit.energy;
  }
  const [, inX, inY] = near === null ? limits() : near;
  const numbers = Array.from({ length: layers }, (_, n) => n);
  const traces = [
    heatmap(side, numbers, y, scale, {}, "layer %{x}, y %{y:.1f} mm"),
    heatmap(front, x, y, scale, { xaxis: "x2", yaxis: "y2" }, "x %{x:.1f} mm, y %{y:.1f} mm"),
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
