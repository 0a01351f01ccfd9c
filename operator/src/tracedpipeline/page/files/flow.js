function showFlow(flow) {
  $("flow").replaceChildren(
    place("service", "s0", "Producer", flow.producer, [["sent", rate(flow.sent_a_second)]]),
    place("topic", "s1", "Topic", flow.topic || "not known yet", [
      ["queue p50", duration(flow.queue_p50)],
      ["queue p99", duration(flow.queue_p99)],
      ["lag", flow.lag === null ? "–" : whole(flow.lag)],
    ]),
    place("service", "s2", "Consumer", flow.consumer, [
      ["processed", rate(flow.processed_a_second)],
      ["end to end p50", duration(flow.p50)],
      ["end to end p99", duration(flow.p99)],
    ]),
  );
}

function place(kind, colour, role, name, facts) {
  const list = element("dl");
  for (const [what, value] of facts) list.append(element("dt", "", what), element("dd", "", value));
  return element(
    "li", kind,
    element("span", "role", element("span", `dot ${colour}`), role),
    element("span", "value", name),
    list,
  );
}

const STATES = new Map([[true, ["good", "✓"]], [false, ["bad", "✕"]], [null, ["wait", "…"]]]);

function showVerdict(page) {
  const [state, mark] = STATES.get(page.ok);
  $("verdict").className = state;
  $("verdict").querySelector(".mark").textContent = mark;
  const words = { good: "Traces flow", bad: "Traces do not flow", wait: "Not known yet" };
  $("reason").replaceChildren(words[state], element("code", "", page.reason));
  $("message").textContent = page.message;
}
