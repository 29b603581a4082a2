// A strip of the whole time with the hops in it; two handles, or a drag, choose a part of it.

const BINS = 72;
const STRIP = { width: 720, height: 44 };

function timeBrush() {
  const whole = Math.max(1, EXTENT.to - EXTENT.from);
  const picture = svg("svg", { viewBox: "0 0 " + STRIP.width + " " + STRIP.height, preserveAspectRatio: "none", "aria-hidden": "true" });
  const label = el("span", { class: "muted brushlabel" });
  const strip = el("div", { class: "strip" }, picture);
  const ends = ["from", "to"].map((name) => el("div", {
    class: "handle", role: "slider", tabindex: "0", "aria-label": name === "from" ? "Earliest time" : "Latest time",
    "aria-valuemin": "0", "aria-valuemax": "100", keydown: (event) => nudge(event, name),
  }));
  strip.append(...ends);
  const at = (name) => FILTER[name] === null ? (name === "from" ? 0 : 1) : (FILTER[name] - EXTENT.from) / whole;
  const put = (name, share) => {
    const value = Math.min(1, Math.max(0, share));
    FILTER[name] = value === (name === "from" ? 0 : 1) ? null : Math.round(EXTENT.from + value * whole);
  };

  function nudge(event, name) {
    const step = { ArrowLeft: -0.01, ArrowRight: 0.01, PageDown: -0.1, PageUp: 0.1, Home: -1, End: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const share = Math.min(1, Math.max(0, at(name) + step));
    put(name, name === "from" ? Math.min(share, at("to")) : Math.max(share, at("from")));
    changed();
  }

  strip.addEventListener("pointerdown", (event) => {
    const box = strip.getBoundingClientRect();
    const share = (moved) => (moved.clientX - box.left) / box.width;
    const start = share(event), near = ends.indexOf(event.target);
    const fixed = near === 0 ? at("to") : near === 1 ? at("from") : start;
    strip.setPointerCapture(event.pointerId);
    const move = (moved) => {
      put("from", Math.min(fixed, share(moved)));
      put("to", Math.max(fixed, share(moved)));
      draw();
    };
    strip.addEventListener("pointermove", move);
    strip.addEventListener("pointerup", (done) => {
      strip.removeEventListener("pointermove", move);
      if (near < 0 && Math.abs(share(done) - start) < 0.004) FILTER.from = FILTER.to = null;
      changed();
    }, { once: true });
  });

  function draw() {
    const bins = Array.from({ length: BINS }, () => [0, 0]);
    for (const hop of kept(false)) bins[Math.min(BINS - 1, Math.floor((hop.start - EXTENT.from) / whole * BINS))][hop.alert ? 0 : 1] += 1;
    const most = Math.max(1, ...bins.map(([a, b]) => a + b)), unit = STRIP.width / BINS;
    const high = (n) => n ? Math.max(3, Math.sqrt(n / most) * (STRIP.height - 4)) : 0;
    empty(picture, bins.map(([alerts, others], i) => {
      const all = high(alerts + others), grave = all * alerts / Math.max(1, alerts + others);
      return [svg("rect", { class: "other", x: i * unit + 1, y: STRIP.height - all, width: unit - 2, height: all }),
        svg("rect", { class: "grave", x: i * unit + 1, y: STRIP.height - grave, width: unit - 2, height: grave })];
    }), svg("rect", { class: "veil", x: 0, y: 0, width: at("from") * STRIP.width, height: STRIP.height }),
      svg("rect", { class: "veil", x: at("to") * STRIP.width, y: 0, width: (1 - at("to")) * STRIP.width, height: STRIP.height }));
    ends.forEach((end, i) => {
      const name = i ? "to" : "from", when = time(FILTER[name] ?? EXTENT[name]) + " UTC";
      end.style.left = at(name) * 100 + "%";
      end.setAttribute("aria-valuenow", Math.round(at(name) * 100));
      end.setAttribute("aria-valuetext", when);
    });
    label.textContent = time(FILTER.from ?? EXTENT.from).slice(0, 16) + " – " + time(FILTER.to ?? EXTENT.to).slice(0, 16) + " UTC";
  }

  const node = HOPS.length ? el("div", { class: "field brush", role: "group", "aria-label": "Time" }, el("span", {}, "Time ", label), strip) : el("span");
  if (HOPS.length) draw();
  return { node, draw: HOPS.length ? draw : () => {} };
}
