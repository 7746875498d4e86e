// The page itself: controls, what they change, and the order in which things are drawn.
const at = (id) => document.getElementById(id);
const SHOWERS = DATA.kind === "showers";
const LAYERED = SHOWERS && DATA.detector.layers > 1;
const LIMITS = energyLimits();
const SCALE = SHOWERS ? energyScale() : null;
const REACH = SHOWERS ? 0 : jetReach();
const POSITIONS = 1000;
// A wide range of energies is divided evenly in its logarithm.
const LOGARITHMIC = LIMITS.low > 0 && LIMITS.high / LIMITS.low > 30;

const state = { low: LIMITS.low, high: LIMITS.high, category: -1, event: -1, order: "energy", thresholdMev: DATA.thresholdMev, near: false, sight: "space", list: [], chosen: [], shown: [] };

function energyAt(position) {
  if (position <= 0) return LIMITS.low;
  if (position >= POSITIONS) return LIMITS.high;
  const share = position / POSITIONS;
  return LOGARITHMIC ? LIMITS.low * (LIMITS.high / LIMITS.low) ** share : LIMITS.low + (LIMITS.high - LIMITS.low) * share;
}

function hasWebGL() {
  try {
    return document.createElement("canvas").getContext("webgl") !== null;
  } catch {
    return false;
  }
}

// Displays ---------------------------------------------------------------------------------------------
const displays = FILES.map((file, n) => {
  const facts = element("p", { class: "facts" });
  const plot = element("div", { class: LAYERED ? "plot" : "plot flat" });
  at("displays").append(element("div", { class: "display", style: `--colour: ${DATA.colours[n]}` }, element("h3", {}, file.name), facts, plot));
  resized.observe(plot);
  return { facts, plot };
});

function describe(file, event, same) {
  const { energy, category, columns } = file.shown;
  const value = (key) => number(columns[key][event]);
  const words = [`event ${file.eventId[event]}`];
  const kind = DATA.categories[category[event]];
  if (SHOWERS) {
    words.push(`${kind} of ${number(energy[event])} GeV`, `${value("total_mev")} MeV in ${value("hits")} cells`);
    if (file.drawing.leftOut[event] > 0) words.push(`${file.drawing.leftOut[event]} faint cells not drawn`);
  } else if (DATA.kind === "jets") {
    words.push(`${kind}, ${number(energy[event])} GeV`, `mass ${value("mass_gev")} GeV`, `${value("particles")} particles`);
  } else {
    words.push(`${kind}, true ${number(energy[event])} GeV`, `seen ${value("pt_gev")} GeV, response ${value("response")}`, `${value("candidates")} candidates`);
  }
  if (same !== null) words.push(same ? (SHOWERS ? "same incident particle" : "the same event") : `nearest in ${SHOWERS ? "energy" : "transverse momentum"}`);
  return words.join(" · ");
}

function drawDisplays() {
  const showing = state.event >= 0;
  const found = state.shown.map((event, n) => (SHOWERS && event >= 0 ? hits(FILES[n], event, state.thresholdMev) : []));
  const near = SHOWERS && state.near ? nearLimits(found) : null;
  const inSpace = LAYERED && state.sight === "space";
  displays.forEach(({ facts, plot }, n) => {
    const event = state.shown[n];
    facts.textContent = showing ? describe(FILES[n], event, n === 0 ? null : state.same[n]) : `no ${DATA.noun} of ${FILES[0].name} that can be displayed is in this selection`;
    plot.style.visibility = showing ? "visible" : "hidden";
    if (!showing) return;
    if (plot.dataset.sight !== state.sight) {
      Plotly.purge(plot);
      plot.dataset.sight = state.sight;
    }
    if (inSpace) {
      drawInSpace(plot, FILES[n], event, found[n], SCALE, near);
      followCamera(plot, n);
    } else if (LAYERED) drawProjections(plot, FILES[n], event, found[n], SCALE, near);
    else if (SHOWERS) drawFront(plot, FILES[n], event, found[n], SCALE, near);
    else drawJet(plot, FILES[n], n, event, REACH);
  });
}

// Turning one display turns all.
function followCamera(plot, number_) {
  if (plot.dataset.followed) return;
  plot.dataset.followed = "yes";
  let turning = false;
  plot.on("plotly_relayout", (change) => {
    const turned = change["scene.camera"];
    if (turned === undefined || turning) return;
    camera = turned;
    turning = true;
    const others = displays.filter((_, n) => n !== number_).map((display) => Plotly.relayout(display.plot, { "scene.camera": turned }));
    Promise.all(others).finally(() => { turning = false; });
  });
}

// Histograms -------------------------------------------------------------------------------------------
const panels = DATA.quantities.map((quantity) => ({ quantity, ...panel(at("histograms"), quantity.label) }));
const profile = LAYERED ? panel(at("histograms"), "Mean deposit by layer") : null;
const oneLayer = LAYERED ? panel(at("histograms"), "Deposit in layer ") : null;
let layer = LAYERED ? brightestLayer() : 0;

function brightestLayer() {
  const table = FILES[0].sample;
  const every = Array.from({ length: table.n }, (_, n) => n);
  const means = Array.from({ length: DATA.detector.layers }, (_, n) => moments(layerEnergies(table, every, n)).mean);
  return means.indexOf(Math.max(...means));
}

function drawHistograms() {
  for (const { quantity, plot } of panels) {
    const samples = FILES.map((file, n) => state.chosen[n].map((event) => file.sample.columns[quantity.key][event]));
    drawHistogram(plot, quantity, samples, marked((file, event) => file.shown.columns[quantity.key][event]));
  }
  if (!LAYERED) return;
  drawProfile(profile.plot, state.chosen, state.shown);
  const samples = FILES.map((file, n) => layerEnergies(file.sample, state.chosen[n], layer));
  drawHistogram(oneLayer.plot, { unit: "MeV", integer: false }, samples, marked((file, event) => layerEnergies(file.shown, [event], layer)[0]));
}

function marked(value) {
  return FILES.map((file, n) => (state.shown[n] >= 0 ? value(file, state.shown[n]) : NaN));
}

// Only the lines that mark the displayed event move with it.
function moveMarkers() {
  for (const { quantity, plot } of panels) Plotly.relayout(plot, { shapes: markers(marked((file, event) => file.shown.columns[quantity.key][event])) });
  if (!LAYERED) return;
  drawProfile(profile.plot, state.chosen, state.shown);
  Plotly.relayout(oneLayer.plot, { shapes: markers(marked((file, event) => layerEnergies(file.shown, [event], layer)[0])) });
}

function writeNumbers() {
  const head = element("tr", {}, element("th", { scope: "col" }, "Mean"), ...FILES.map((file, n) => element("th", { scope: "col", class: "n" }, swatch(DATA.colours[n]), file.name)));
  const rows = DATA.quantities.map((quantity) => {
    const cells = FILES.map((file, n) => {
      const { mean, error } = moments(state.chosen[n].map((event) => file.sample.columns[quantity.key][event]));
      return element("td", { class: "n" }, withError(mean, error));
    });
    return element("tr", {}, element("th", { scope: "row" }, withUnit(quantity.label, quantity.unit)), ...cells);
  });
  at("numbers").replaceChildren(element("thead", {}, head), element("tbody", {}, ...rows));
  at("selected").replaceChildren(...FILES.flatMap((file, n) => [
    swatch(DATA.colours[n]), `${file.name}: ${state.chosen[n].length.toLocaleString("en")} of ${file.sample.n.toLocaleString("en")} ${DATA.noun}s${n + 1 < FILES.length ? "\u2003" : ""}`,
  ]));
}

// Selection --------------------------------------------------------------------------------------------
let waiting = null;
// Sliders fire faster than figures are drawn: only what was asked last is drawn.
function soon(draw) {
  if (waiting !== null) clearTimeout(waiting);
  waiting = setTimeout(() => { waiting = null; draw(); }, 30);
}

function showEvent(event) {
  state.event = event;
  const partners = FILES.map((file, n) => (event < 0 ? { event: -1, same: false } : n === 0 ? { event, same: true } : partner(file, event)));
  state.shown = partners.map((one) => one.event);
  state.same = partners.map((one) => one.same);
  const place = state.list.indexOf(event);
  at("event").value = String(Math.max(place, 0));
  at("event-number").textContent = event < 0 ? "none" : `${place + 1} of ${state.list.length} · ${number(FILES[0].shown.energy[event])} GeV`;
  drawDisplays();
}

function select() {
  const { energy } = FILES[0].shown;
  state.list = selected(FILES[0].shown, state);
  if (state.order === "energy") state.list.sort((a, b) => energy[a] - energy[b] || a - b);
  state.chosen = FILES.map((file) => selected(file.sample, state));
  at("event").max = String(Math.max(state.list.length - 1, 0));
  let event = state.event;
  if (!state.list.includes(event)) event = state.list.length > 0 ? state.list[Math.floor(state.list.length / 2)] : -1;
  showEvent(event);
  drawHistograms();
  writeNumbers();
}

function readEnergy(moved) {
  let low = Number(at("energy-low").value);
  let high = Number(at("energy-high").value);
  if (low > high) [low, high] = moved === "low" ? [high, high] : [low, low];
  at("energy-low").value = String(low);
  at("energy-high").value = String(high);
  // Where both are at one end, the one that can still be moved lies on top.
  at("energy-low").style.zIndex = low > POSITIONS / 2 ? "2" : "1";
  at("energy-high").style.zIndex = low > POSITIONS / 2 ? "1" : "2";
  [state.low, state.high] = [energyAt(low), energyAt(high)];
  at("chosen").style.left = `${(100 * low) / POSITIONS}%`;
  at("chosen").style.right = `${100 - (100 * high) / POSITIONS}%`;
  at("energy-range").textContent = `${number(state.low)} – ${number(state.high)} GeV`;
}

function step(by) {
  const place = Math.min(state.list.length - 1, Math.max(0, Number(at("event").value) + by));
  if (state.list.length === 0 || state.list[place] === state.event) return;
  showEvent(state.list[place]);
  soon(moveMarkers);
}

function connect() {
  at("event").addEventListener("input", () => step(0));
  at("previous").addEventListener("click", () => step(-1));
  at("next").addEventListener("click", () => step(1));
  for (const end of ["low", "high"]) at(`energy-${end}`).addEventListener("input", () => { readEnergy(end); soon(select); });
  at("all").addEventListener("click", () => {
    at("energy-low").value = "0";
    at("energy-high").value = String(POSITIONS);
    at("category").value = "-1";
    state.category = -1;
    readEnergy("low");
    select();
  });
  at("order").addEventListener("change", (change) => { state.order = change.target.value; select(); });
  at("category").append(element("option", { value: "-1" }, "all"), ...DATA.categories.map((name, n) => element("option", { value: String(n) }, name)));
  at("category").addEventListener("change", (change) => { state.category = Number(change.target.value); select(); });
  if (SHOWERS) connectShowers();
}

function connectShowers() {
  const thresholds = [DATA.thresholdMev];
  for (let power = Math.floor(SCALE.bottom); power < SCALE.top; power += 1) for (const digit of [1, 3]) if (digit * 10 ** power > DATA.thresholdMev * 1.01 && Math.log10(digit * 10 ** power) < SCALE.top - 0.5) thresholds.push(digit * 10 ** power);
  at("threshold").append(...thresholds.map((value) => element("option", { value: String(value) }, `${number(value)} MeV`)));
  at("threshold").addEventListener("change", (change) => { state.thresholdMev = Number(change.target.value); drawDisplays(); });
  at("near").addEventListener("change", (change) => { state.near = change.target.checked; drawDisplays(); });
  at("sight").addEventListener("change", (change) => { state.sight = change.target.value; drawDisplays(); });
  drawScale(SCALE, at("scale"));
  if (!LAYERED) return;
  if (!hasWebGL()) {
    state.sight = "projections";
    at("sight").value = "projections";
    at("sight").disabled = true;
  }
  const chooser = element("select", { "aria-label": "Layer" }, ...Array.from({ length: DATA.detector.layers }, (_, n) => element("option", { value: String(n) }, String(n))));
  chooser.value = String(layer);
  chooser.addEventListener("change", () => { layer = Number(chooser.value); drawHistograms(); });
  oneLayer.heading.append(chooser);
}

connect();
if (DATA.kind === "matched jets") drawKinds(at("scale"));
readEnergy("low");
select();
document.documentElement.dataset.ready = "yes";
