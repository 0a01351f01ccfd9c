const $ = (id) => document.getElementById(id);

// Text goes in as text: nothing here takes markup.
function element(name, classes, ...children) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  made.append(...children);
  return made;
}

function duration(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 10) return `${short(ms)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60000) return `${ms < 10000 ? short(ms / 1000) : Math.round(ms / 1000)} s`;
  if (ms < 3600000) return `${short(ms / 60000)} min`;
  return `${short(ms / 3600000)} h`;
}

const short = (number) => String(Number(number.toFixed(1)));
const whole = (number) => number.toLocaleString("en-GB");
const rate = (number) => (number === null ? "–" : `${number < 10 ? number.toFixed(1) : whole(Math.round(number))}/s`);
const clock = (ms) => new Date(ms).toLocaleTimeString("en-GB");
const share = (part, all) => `${Math.min(Math.max((100 * part) / (all || 1), 0), 100)}%`;
