// Comfort on top of the console's pages, which work without it.
"use strict";

const search = document.querySelector("[data-search]");
addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, select, textarea, [contenteditable]");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping || !search) return;
  event.preventDefault();
  search.focus();
  search.select();
});

for (const all of document.querySelectorAll("input[data-marks]")) {
  const boxes = [...all.form.querySelectorAll(`input[name="${all.dataset.marks}"]`)];
  all.hidden = false;
  all.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; });
}

for (const list of document.querySelectorAll("[data-tail]")) { // follows the audit log while somebody looks
  const status = document.querySelector("[data-tail-status]");
  let fresh = 0;
  const look = async () => {
    const address = new URL(list.dataset.tail, location), newest = list.querySelector("[data-id]")?.dataset.id;
    if (newest) address.searchParams.set("after", newest);
    const answer = document.hidden ? null : await fetch(address).catch(() => null);
    if (answer && (!answer.ok || new URL(answer.url).pathname !== address.pathname)) return; // signed out meanwhile
    const part = document.createElement("template");
    part.innerHTML = answer ? await answer.text() : "";
    fresh += part.content.querySelectorAll("[data-id]").length;
    enliven(part.content);
    list.prepend(part.content);
    while (list.children.length > 200) list.lastElementChild.remove();
    if (fresh) status.textContent = status.dataset.words.replace("{n}", fresh);
    setTimeout(look, 3000);
  };
  setTimeout(look, 3000);
}

const side = document.querySelector(".side"), here = side?.querySelector("[aria-current]");
if (here) { // where the console is narrow its parts stand in a row that scrolls: begin with the one that is open
  const row = side.getBoundingClientRect(), tab = here.getBoundingClientRect();
  side.scrollLeft += tab.left + tab.width / 2 - row.left - row.width / 2;
}
