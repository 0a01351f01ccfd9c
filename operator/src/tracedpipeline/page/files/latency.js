function showLatency(page, selected, open) {
  $("covers").textContent = page.covers;
  const box = $("buckets");
  const focused = [...box.children].indexOf(document.activeElement);
  const low = focused < 0 ? null : document.activeElement.dataset.low;
  const most = Math.max(...page.buckets.map((bucket) => bucket.count), 1);
  box.replaceChildren(...page.buckets.map((bucket) => column(bucket, most, selected, open)));
  box.className = page.buckets.length > 12 ? "many" : "";
  if (!page.buckets.length) box.append(element("p", "empty", "No message was measured yet."));
  if (low !== null) [...box.children].find((each) => each.dataset.low === low)?.focus();
}

function column(bucket, most, selected, open) {
  const fill = element("span", bucket.count ? "fill" : "fill none");
  fill.style.height = share(bucket.count, most);
  const upper = bucket.high === null ? `> ${duration(bucket.low)}` : `≤ ${duration(bucket.high)}`;
  const made = element(
    "button", "",
    element("span", "column", element("span", "room", element("span", "count", bucket.count ? whole(bucket.count) : ""), fill)),
    element("span", "bound", upper),
  );
  made.type = "button";
  made.dataset.low = String(bucket.low);
  made.disabled = !bucket.traces.length;
  made.setAttribute("aria-pressed", String(bucket.traces.includes(selected)));
  const words = bucket.traces.length ? "open a trace" : "no trace of it was kept";
  made.setAttribute("aria-label", `${whole(bucket.count)} messages ${upper}: ${words}`);
  made.title = `${whole(bucket.count)} messages ${upper}; ${words}`;
  made.addEventListener("click", () => open(next(bucket.traces, selected)));
  return made;
}

// A second click on the same bar goes on to its next trace.
const next = (traces, selected) => traces[(traces.indexOf(selected) + 1) % traces.length];
