// Comfort on top of pages that work without it.
"use strict";
const all = (what, from = document) => [...from.querySelectorAll(what)];

const enliven = (part) => { // also what a script brings later
  for (const time of all("time[datetime]", part)) {
    const at = new Date(time.dateTime);
    if (!isNaN(at)) time.textContent = at.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  }
  for (const button of all("button[data-copies]", part)) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copies);
      button.textContent = button.dataset.done;
    });
  }
};
enliven(document);

for (const told of all("[data-focus]")) told.focus();
for (const here of all("header nav [aria-current]")) here.scrollIntoView({ block: "nearest", inline: "center" });

for (const button of all("button[data-shows]")) {
  const input = document.getElementById(button.dataset.shows);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    input.focus();
  });
  input.form?.addEventListener("submit", () => { input.type = "password"; });
}

const RULES = {
  min: (text, size) => [...text].length >= size,
  max: (text, size) => [...text].length <= size && text !== "",
  upper: (text) => /\p{Lu}/u.test(text),
  lower: (text) => /\p{Ll}/u.test(text),
  digit: (text) => /\p{Nd}/u.test(text),
  special: (text) => /[^\p{L}\p{N}\p{Z}\p{C}]/u.test(text),
};
for (const list of all("[data-rules-of]")) {
  const input = document.getElementById(list.dataset.rulesOf);
  const look = () => {
    for (const item of all("[data-rule]", list)) {
      const met = RULES[item.dataset.rule](input.value, Number(item.dataset.size));
      item.classList.toggle("met", met);
      item.setAttribute("aria-label", `${met ? list.dataset.met : list.dataset.unmet} ${item.textContent}`);
    }
  };
  input.addEventListener("input", look);
  look();
}

for (const input of all("input.code")) {
  document.getElementById("h-code").hidden = false;
  input.addEventListener("paste", (event) => {
    const pasted = event.clipboardData?.getData("text").normalize("NFKC") ?? "";
    const length = Number(input.dataset.length);
    const joined = pasted.replace(/\D/g, "");
    const whole = pasted.match(new RegExp(`(?<!\\d)\\d{${length}}(?!\\d)`, "g")) ?? [];
    const code = joined.length === length ? joined : new Set(whole).size === 1 ? whole[0] : "";
    if (!code) return;
    event.preventDefault();
    input.value = code;
    input.form.requestSubmit();
  });
}

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
const count = (place, end) => {
  const until = new Date(end).getTime();
  let warned = until - Date.now() < 20000;
  const tick = () => {
    const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    place.textContent = left ? place.dataset.words.replace("{left}", clock(left)) : place.dataset.over;
    if (!warned && left <= 20) { warned = true; const live = document.getElementById("live"); if (live) live.textContent = place.dataset.soon; }
    if (left) setTimeout(tick, 1000 - (Date.now() % 1000));
  };
  tick();
};
const ask = async (place, tries) => {
  const { code_expires_at: end } = await (await fetch(place.dataset.ask)).json();
  if (end) count(place, end);
  else if (tries) setTimeout(ask, 1000, place, tries - 1);
};
for (const place of all("[data-until]")) {
  if (place.dataset.until) count(place, place.dataset.until);
  else ask(place, 30);
}

for (const button of all("button[data-wait]")) {
  const words = button.textContent;
  let left = Number(button.dataset.wait);
  const tick = () => {
    button.disabled = left > 0;
    button.textContent = left > 0 ? button.dataset.words.replace("{n}", left) : words;
    if (left-- > 0) setTimeout(tick, 1000);
  };
  if (left) tick();
}

for (const form of all("form")) form.addEventListener("submit", () => { // pressed twice is sent once
  for (const b of all("button:not([type=button])", form)) { setTimeout(() => { b.disabled = true; }); setTimeout(() => { b.disabled = false; }, 3000); }
});
addEventListener("pageshow", (event) => { if (event.persisted) for (const b of all("form button")) b.disabled = false; });
