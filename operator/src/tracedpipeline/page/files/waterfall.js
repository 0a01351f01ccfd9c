function showTrace(trace, colours) {
  const parts = [$("services"), $("waterfall")];
  for (const part of parts) part.replaceChildren();
  if (!trace) {
    $("trace-facts").textContent = "";
    $("waterfall").append(element("p", "empty", "No connected trace was read back yet."));
    return;
  }
  const failed = trace.bars.filter((bar) => bar.error).length;
  $("trace-facts").textContent = [
    trace.trace_id,
    `sent ${clock(trace.sent)}`,
    `end to end ${duration(trace.end_to_end)}`,
    ...(failed ? [`${failed} failed`] : []),
  ].join(" · ");
  const services = [...new Set(trace.bars.map((bar) => bar.service))];
  $("services").append(...services.slice(0, 12).map((name) => service(name, colours)));
  $("waterfall").append(scale(trace.length), ...trace.bars.map((bar) => row(bar, trace.length, colours)));
  if (trace.left_out) $("waterfall").append(element("p", "empty", `${whole(trace.left_out)} more spans are not shown.`));
}

function service(name, colours) {
  return element("span", "", element("span", `dot ${colours(name)}`), element("span", "value", name || "no service name"));
}

function scale(length) {
  const ticks = element("div", "ticks", ...[0, 0.5, 1].map((part) => element("span", "", duration(length * part))));
  ticks.firstChild.textContent = "0";
  return element("div", "scale", ticks);
}

function row(bar, length, colours) {
  const label = element("span", "label", element("span", `dot ${colours(bar.service)}`), element("span", "value", bar.name));
  label.style.paddingLeft = `${Math.min(bar.depth, 8) * 12}px`;
  if (bar.error) label.append(element("span", "chip failed", "error"));
  if (bar.skewed) label.append(element("span", "chip clock", "clocks disagree"));
  return element(
    "details", "",
    element("summary", "", label, track(bar, length, colours), element("span", "length", duration(bar.length))),
    more(bar),
  );
}

function track(bar, length, colours) {
  const drawn = element("span", bar.error ? "bar failed" : `bar ${colours(bar.service)}`);
  drawn.style.left = share(Math.min(bar.offset, length * 0.995), length);
  drawn.style.width = share(bar.length, length);
  const box = element("span", "track", drawn);
  if (bar.uncertainty > 0) {
    const from = Math.max(bar.offset - bar.uncertainty, 0);
    const unsure = element("span", "unsure");
    unsure.style.left = share(from, length);
    unsure.style.width = share(bar.offset + bar.uncertainty - from, length);
    box.append(unsure);
  }
  return box;
}

function more(bar) {
  const box = element("div", "more");
  if (bar.error) box.append(element("p", "problem", bar.error));
  if (bar.skewed) box.append(element("p", "note", "The record came out before it went in: the clocks of its two ends disagree."));
  if (bar.uncertainty > 0) {
    box.append(element("p", "note", `Its beginning is known to ± ${duration(bar.uncertainty)}: clocks of two machines (hatched).`));
  }
  const list = element("dl", "attributes");
  const facts = [["service", bar.service], ["begins after", duration(bar.offset)], ...bar.attributes];
  for (const [name, value] of facts) list.append(element("dt", "value", name), element("dd", "value", value));
  box.append(list);
  return box;
}
