// Jets in the plane of pseudorapidity and azimuth: a circle for every particle, its area its share of pT.
const KIND_COLOURS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7"];

// The half width of the plane that holds nearly all particles of the displayed jets.
function jetReach() {
  const far = [];
  for (const { drawing } of FILES) for (let n = 0; n < drawing.eta.length; n += 1) far.push(Math.max(Math.abs(drawing.eta[n]), Math.abs(drawing.phi[n])));
  const sorted = Float64Array.from(far).sort();
  const reach = sorted.length > 0 ? quantile(sorted, 0.99) : 0.4;
  return Math.max(0.1, Math.ceil(reach * 1.1 * 20) / 20);
}

function drawJet(plot, file, number_, event, reach) {
  const { start, eta, phi, share, kind, axisEta, axisPhi } = file.drawing;
  const from = start[event];
  const to = start[event + 1];
  const whole = Math.min(plot.clientWidth, plot.clientHeight) * 0.3;
  const pt = file.shown.energy[event];
  const colours = [];
  const sizes = [];
  const text = [];
  for (let n = from; n < to; n += 1) {
    colours.push(kind === undefined ? DATA.colours[number_] : KIND_COLOURS[kind[n]]);
    sizes.push(Math.max(2.5, whole * Math.sqrt(Math.max(share[n], 0))));
    text.push(`${number(share[n] * pt)} GeV, ${number(100 * share[n])} %${kind === undefined ? "" : `<br>${DATA.candidateKinds[kind[n]]}`}`);
  }
  const circles = { x: eta.slice(from, to), y: phi.slice(from, to), text, mode: "markers", marker: { size: sizes, color: colours, opacity: 0.55, line: { color: "#fff", width: 0.8 } }, hovertemplate: "%{text}<br>Δη %{x:.3f}, Δφ %{y:.3f}<extra></extra>" };
  const traces = [circles, { x: [0], y: [0], mode: "markers", marker: { symbol: "cross-thin", size: 13, line: { color: "#1c2329", width: 1.5 } }, hovertemplate: "axis<extra></extra>" }];
  if (axisEta !== undefined) traces.push({ x: [axisEta[event]], y: [axisPhi[event]], mode: "markers", marker: { symbol: "x-thin", size: 12, line: { color: "#b3261e", width: 2 } }, hovertemplate: "axis seen<extra></extra>" });
  const range = [-reach, reach];
  const layout = { ...FLAT, plot_bgcolor: "#fff", xaxis: plane("Δη", range, { showgrid: true, constrain: "domain" }), yaxis: plane("Δφ", range, { showgrid: true, scaleanchor: "x", constrain: "domain" }) };
  return Plotly.react(plot, traces, layout, PLOT_OPTIONS);
}

function drawKinds(box) {
  box.replaceChildren(...DATA.candidateKinds.map((name, n) => element("span", {}, swatch(KIND_COLOURS[n]), name)));
  box.style.maxWidth = "none";
  box.style.flexWrap = "wrap";
  box.hidden = false;
}
