// Suggestions while typing: the search box becomes a combobox (WAI-ARIA 1.2, list autocomplete with manual selection).
// Without this file the box is a plain field, and the page of results offers what was meant.
"use strict";

(() => {
  const PAUSE = 120, MOST_KEPT = 100;
  const kept = new Map();

  const ask = async (address, typed) => {
    if (kept.has(typed)) return kept.get(typed);
    const answer = await fetch(`${address}?q=${encodeURIComponent(typed)}`);
    if (!answer.ok) return [];
    const [, texts, abouts] = await answer.json();
    const found = texts.map((text, place) => ({ text, about: abouts[place] }));
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(typed, found);
    return found;
  };

  const enliven = (box) => {
    const list = document.createElement("ul");
    list.id = `${box.id}-suggestions`;
    list.className = "suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", box.dataset.named);
    list.hidden = true;
    const status = document.createElement("p");
    status.className = "visually-hidden";
    status.setAttribute("role", "status");
    box.form.append(list, status);
    box.setAttribute("role", "combobox");
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-controls", list.id);
    box.setAttribute("aria-expanded", "false");

    let typed = box.value, chosen = -1, waiting = 0, asked = 0;
    const options = () => [...list.children];

    const close = () => {
      list.hidden = true;
      chosen = -1;
      box.setAttribute("aria-expanded", "false");
      box.removeAttribute("aria-activedescendant");
    };
    const choose = (place) => {
      const all = options();
      chosen = place;
      all.forEach((one, number) => one.setAttribute("aria-selected", String(number === place)));
      const one = all[place];
      box.value = one ? one.dataset.text : typed;
      if (one) {
        box.setAttribute("aria-activedescendant", one.id);
        one.scrollIntoView({ block: "nearest" });
      } else {
        box.removeAttribute("aria-activedescendant");
      }
    };
    const show = (found) => {
      list.replaceChildren(...found.map(({ text, about }, place) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${place}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.text = text;
        const name = document.createElement("span");
        name.textContent = text;
        const count = document.createElement("span");
        count.className = "count";
        count.textContent = about;
        option.append(name, count);
        return option;
      }));
      chosen = -1;
      box.removeAttribute("aria-activedescendant");
      list.hidden = !found.length;
      box.setAttribute("aria-expanded", String(found.length > 0));
      status.textContent = found.length ? box.dataset.counted.replace("{n}", found.length) : box.dataset.none;
    };
    const refresh = async () => {
      const mine = ++asked;
      const text = typed.trim();
      if (!text) { close(); status.textContent = ""; return; }
      let found = [];
      try { found = await ask(box.dataset.suggestions, text); } catch { /* Without a network there are none. */ }
      if (mine === asked && document.activeElement === box) show(found);
    };

    box.addEventListener("input", (event) => {
      typed = box.value;
      window.clearTimeout(waiting);
      if (!event.isComposing) waiting = window.setTimeout(refresh, PAUSE);
    });
    box.addEventListener("compositionend", () => { typed = box.value; refresh(); });
    box.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const count = options().length;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) { refresh(); return; }
        // One place beyond the ends is what was typed.
        const by = event.key === "ArrowDown" ? 1 : -1;
        choose((chosen + 1 + by + count + 1) % (count + 1) - 1);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        box.value = typed;
        close();
      } else if (event.key === "Tab") {
        close();
      }
    });
    box.addEventListener("blur", () => { asked += 1; window.clearTimeout(waiting); close(); });
    // The box keeps the focus while an option is pressed.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (!option) return;
      box.value = option.dataset.text;
      close();
      box.form.requestSubmit();
    });
  };

  document.querySelectorAll("input[data-suggestions]").forEach(enliven);
})();
