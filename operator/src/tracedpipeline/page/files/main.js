let page = null;
let shown = null; // the trace in the waterfall; it stays while newer ones come
let chosen = false; // by a person: until then the newest is shown

// Producer, topic and consumer have the colours that the flow has; other services take the rest in their order.
const others = new Map();
function colours(name) {
  const { producer, consumer } = page.flow;
  const known = [producer, `${page.pipeline}-kafka`, consumer].indexOf(name);
  if (known >= 0) return `s${known}`;
  if (!others.has(name)) others.set(name, `s${3 + (others.size % 3)}`);
  return others.get(name);
}

function open(id) {
  chosen = true;
  shown = page.traces.find((trace) => trace.trace_id === id) || shown;
  showTrace(shown, colours);
  showLatency(page, shown?.trace_id, open);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  $("trace-title").scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
}

function show(found) {
  page = found;
  document.title = `${page.pipeline} · TracedPipeline`;
  $("pipeline").textContent = page.pipeline;
  showVerdict(page);
  showFlow(page.flow);
  const reading = chosen || $("waterfall").contains(document.activeElement) || $("waterfall").querySelector("[open]");
  if (!shown || !reading) {
    const newest = page.traces[0] || null;
    if (!shown || newest?.trace_id !== shown.trace_id) showTrace((shown = newest), colours);
  }
  showLatency(page, shown?.trace_id, open);
}

// A status is read out when it changes: the time alone would be, with every update.
function tellLive(on, text) {
  $("live").classList.toggle("on", on);
  if ($("live").textContent !== text) $("live").textContent = text;
}

show(JSON.parse($("document").textContent));
if (page.live) {
  const events = new EventSource("events");
  events.addEventListener("message", (event) => {
    show(JSON.parse(event.data));
    tellLive(true, "Live");
  });
  events.addEventListener("error", () => tellLive(false, `No longer live: as it was at ${clock(page.at)}`));
} else {
  tellLive(false, `As it was on ${new Date(page.at).toLocaleString("en-GB")}`);
}
