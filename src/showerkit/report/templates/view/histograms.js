// Histograms and layer profiles of the selected events, redrawn whenever the selection changes.
const MOST_BINS = 40;

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))];
}

function edges(samples, integer) {
  const values = Float64Array.from(samples.flat().filter(Number.isFinite)).sort();
  if (values.length === 0) return null;
  let low = quantile(values, 0.005);
  let high = quantile(values, 0.995);
  const fewest = Math.min(...samples.filter((s) => s.length > 0).map((s) => s.length));
  const bins = Math.max(8, Math.min(MOST_BINS, Math.round(1.5 * Math.sqrt(fewest))));
  if (integer) {
    const width = Math.max(1, Math.ceil((high - low + 1) / bins));
    const count = Math.max(1, Math.ceil((high - low + 1) / width));
    return Array.from({ length: count + 1 }, (_, n) => low - 0.5 + n * width);
  }
  if (!(high > low)) {
    const half = 0.5 * Math.abs(low) * 0.1 || 0.5;
    [low, high] = [low - half, low + half];
  }
  return Array.from({ length: bins + 1 }, (_, n) => low + ((high - low) * n) / bins);
}

// Shares of all values, also of those outside the bins, so that a histogram means the same wherever it ends.
function shares(values, bins) {
  const counts = new Array(bins.length - 1).fill(0);
  const width = bins[1] - bins[0];
  let finite = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    finite += 1;
    let bin = Math.floor((value - bins[0]) / width);
    if (value === bins[bins.length - 1]) bin = counts.length - 1;
    if (bin >= 0 && bin < counts.length) counts[bin] += 1;
  }
  return counts.map((count) => (finite > 0 ? count / finite : 0));
}

function steps(bins, heights, first, number_) {
  const x = [bins[0]];
  const y = [0];
  heights.forEach((height, n) => {
    x.push(bins[n], bins[n + 1]);
    y.push(height, height);
  });
  x.push(bins[bins.length - 1]);
  y.push(0);
  const colour = DATA.colours[number_];
  return { x, y, mode: "lines", line: { color: colour, width: first ? 1.4 : 2, shape: "linear" }, fill: first ? "tozeroy" : "none", fillcolor: "rgba(26,26,26,0.11)", hovertemplate: "%{x:.4g}: %{y:.3f}<extra></extra>" };
}

function markers(values) {
  return values.map((value, n) => ({ type: "line", xref: "x", yref: "paper", x0: value, x1: value, y0: 0, y1: 1, line: { color: DATA.colours[n], width: 1.6, dash: "dot" } })).filter((line) => Number.isFinite(line.x0));
}

function panel(box, title) {
  const plot = element("div", { class: "plot" });
  const heading = element("div", { class: "title" }, title);
  box.append(element("div", { class: "histogram" }, heading, plot));
  resized.observe(plot);
  return { plot, heading };
}

const SMALL = { margin: { l: 52, r: 8, t: 6, b: 42 }, showlegend: false, font: FONT, paper_bgcolor: "#fff", plot_bgcolor: "#fff", hovermode: "closest" };

function drawHistogram(plot, quantity, samples, marked) {
  const bins = edges(samples, quantity.integer);
  const layout = { ...SMALL, shapes: markers(marked), xaxis: axis(quantity.unit || "", { nticks: 6 }), yaxis: axis("", { rangemode: "tozero", nticks: 5 }) };
  if (bins === null) {
    layout.annotations = [{ text: "nothing selected", showarrow: false, xref: "paper", yref: "paper", x: 0.5, y: 0.5 }];
    return Plotly.react(plot, [], layout, PLOT_OPTIONS);
  }
  if (quantity.integer && bins[bins.length - 1] - bins[0] < 8) layout.xaxis.dtick = 1;
  const margin = 0.02 * (bins[bins.length - 1] - bins[0]);
  layout.xaxis.range = [bins[0] - margin, bins[bins.length - 1] + margin];
  const traces = samples.map((values, n) => steps(bins, shares(values, bins), n === 0, n));
  return Plotly.react(plot, traces, layout, PLOT_OPTIONS);
}

function moments(values) {
  const kept = values.filter(Number.isFinite);
  if (kept.length === 0) return { mean: NaN, error: NaN };
  const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length;
  const square = kept.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: kept.length > 1 ? Math.sqrt(square / (kept.length - 1) / kept.length) : NaN };
}

// Energies of one layer of some events; a table keeps layers side by side.
function layerEnergies(table, events, layer) {
  const layers = DATA.detector.layers;
  return events.map((event) => table.layers[event * layers + layer]);
}

function drawProfile(plot, chosen, shown) {
  const layers = Array.from({ length: DATA.detector.layers }, (_, n) => n);
  const traces = [];
  FILES.forEach((file, n) => {
    const means = layers.map((layer) => moments(layerEnergies(file.sample, chosen[n], layer)));
    const colour = DATA.colours[n];
    traces.push({ x: layers, y: means.map((m) => m.mean), error_y: { type: "data", array: means.map((m) => m.error || 0), thickness: 1.2, width: 0, color: colour }, mode: "lines+markers", marker: { size: 5, color: colour }, line: { color: colour, width: 2, shape: "hvh" }, hovertemplate: "layer %{x}: %{y:.4g} MeV<extra></extra>" });
    if (shown[n] >= 0) traces.push({ x: layers, y: layers.map((layer) => file.shown.layers[shown[n] * layers.length + layer]), mode: "lines", line: { color: colour, width: 1.4, dash: "dot", shape: "hvh" }, hovertemplate: "displayed, layer %{x}: %{y:.4g} MeV<extra></extra>" });
  });
  return Plotly.react(plot, traces, { ...SMALL, xaxis: axis("layer", { nticks: 8 }), yaxis: axis("MeV", { rangemode: "tozero", nticks: 5 }) }, PLOT_OPTIONS);
}
